// The ledger: rows are written at once and committed twice a second.
#include <chrono>

#include "parts/outcomes.hpp"
#include "parts/parts.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

figures ledger_reelpipe(std::size_t rows)
{
    const fs::path file = fs::path(REELPIPE_BENCH_MEDIA) / "ledger" / "ledger.sqlite";
    fs::remove_all(file.parent_path());
    fs::create_directories(file.parent_path());
    database db(file);
    std::chrono::duration<double, std::micro> took{};
    {
        ledger outcomes(db);
        outcomes.begin_run({.options = "{}"});
        const clip_record record = some_record();
        const auto begun = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < rows; ++i) outcomes.record(clip_number(i), record);
        outcomes.commit();
        took = std::chrono::steady_clock::now() - begun;
    }
    statement count = db.prepare("SELECT count(*) FROM clip");
    if (!count.step() || count.integer(0) != static_cast<std::int64_t>(rows)) throw wrong_result("rows are missing");
    return {{"us", took.count() / static_cast<double>(rows)}};
}

}  // namespace reelpipe::bench
