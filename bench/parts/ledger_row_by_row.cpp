// The obvious way to write rows: each in a transaction of its own, with SQLite's defaults, or with a write-ahead log,
// which needs no sync for a row.
#include <chrono>

#include "parts/outcomes.hpp"
#include "parts/parts.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

figures ledger_row_by_row(std::size_t rows, bool write_ahead_log)
{
    const fs::path file = fs::path(REELPIPE_BENCH_MEDIA) / "ledger" / "row_by_row.sqlite";
    fs::remove_all(file.parent_path());
    fs::create_directories(file.parent_path());
    database db(file);
    if (write_ahead_log) db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    db.execute(
        "CREATE TABLE clip(video TEXT, start INTEGER, end INTEGER, label TEXT, attempts INTEGER, bytes INTEGER, "
        "modified_ns INTEGER, frames INTEGER, duration_s REAL, streams TEXT, fetched INTEGER, resolve_s REAL, "
        "fetch_s REAL, cut_s REAL, verify_s REAL, store_s REAL, PRIMARY KEY(video, start, end))");
    statement put = db.prepare(
        "INSERT OR REPLACE INTO clip VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
        "?13, ?14, ?15, ?16)");
    const clip_record r = some_record();
    const auto begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < rows; ++i) {
        const clip_request clip = clip_number(i);
        put.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()}, clip.label,
                 std::int64_t{r.attempts}, r.file.bytes, r.file.modified_ns, r.frames, r.duration_s, r.streams,
                 r.fetched, r.resolve_s, r.fetch_s, r.cut_s, r.verify_s, r.store_s);
        put.run();
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    statement count = db.prepare("SELECT count(*) FROM clip");
    if (!count.step() || count.integer(0) != static_cast<std::int64_t>(rows)) throw wrong_result("rows are missing");
    return {{"us", took.count() / static_cast<double>(rows)}};
}

}  // namespace reelpipe::bench
