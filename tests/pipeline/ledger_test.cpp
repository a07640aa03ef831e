#include "pipeline/ledger.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::database;
using reelpipe::ledger;
using reelpipe::test::temp_folder;

namespace {

reelpipe::clip_request clip(int number)
{
    return {.video = "v" + std::to_string(number), .wanted = {1s, 11s}, .label = "l", .split = ""};
}

std::int64_t rows_in(const std::filesystem::path& file)
{
    database db(file);
    reelpipe::statement count = db.prepare("SELECT count(*) FROM clip");
    count.step();
    return count.integer(0);
}

}  // namespace

TEST_CASE("an outcome that is recorded again replaces the first", "[ledger]")
{
    const temp_folder folder;
    {
        database db(folder / "l");
        ledger l(db);
        l.record(clip(1), {.failed = reelpipe::reason::network});
        l.record(clip(1), {.frames = 300});
    }
    CHECK(rows_in(folder / "l") == 1);
}

TEST_CASE("what was committed survives a killed process", "[ledger]")
{
    const temp_folder folder;
    const pid_t child = fork();
    if (child == 0) {
        database db(folder / "l");
        ledger l(db);
        for (int i = 0; i < 100; ++i) l.record(clip(i), {});
        l.commit();
        l.record(clip(100), {});  // at risk
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));

    CHECK(rows_in(folder / "l") == 100);
}

TEST_CASE("a ledger of a later version is refused, not changed", "[ledger]")
{
    const temp_folder folder;
    database db(folder / "l");
    db.execute("PRAGMA user_version = 99");
    CHECK_THROWS_WITH(ledger(db), Catch::Contains("later reelpipe"));
}
