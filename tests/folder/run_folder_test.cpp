#include "folder/run_folder.hpp"

#include <string>

#include "ledger/ledger.hpp"
#include "reelpipe/download.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using reelpipe::run_folder;
using reelpipe::test::temp_folder;

TEST_CASE("a folder belongs to one run at a time", "[run_folder]")
{
    const temp_folder folder;
    {
        const run_folder first(folder / "out");
        CHECK_THROWS_WITH(run_folder(folder / "out"), Catch::Matchers::ContainsSubstring("another run"));
    }
    CHECK_NOTHROW(run_folder(folder / "out"));
}

TEST_CASE("runs with folders of their own share an output", "[run_folder]")
{
    const temp_folder folder;
    for (const char* const unfinished : {"tmp-1", "tmp-2"}) fs::create_directories(folder / "out" / unfinished);
    const run_folder first(folder / "out", {.state = folder / "1", .unfinished = folder / "out/tmp-1"});
    const run_folder second(folder / "out", {.state = folder / "2", .unfinished = folder / "out/tmp-2"});
    CHECK(first.ledger() == folder / "1/ledger.sqlite");
    CHECK(second.temporary() == folder / "2/tmp");
    CHECK(second.unfinished() == folder / "out/tmp-2");
    CHECK(fs::is_empty(folder / "out/tmp-1"));
    CHECK_FALSE(fs::exists(folder / "out/.reelpipe"));
    CHECK_THROWS_WITH(run_folder(folder / "out", {.state = folder / "1", .unfinished = folder / "out/tmp-1"}),
                      Catch::Matchers::ContainsSubstring("another run"));
}

TEST_CASE("what a killed run left is cleared at the next start", "[run_folder]")
{
    const temp_folder folder;
    fs::create_directories(folder / ".reelpipe/tmp");
    reelpipe::test::write_file(folder / ".reelpipe/tmp/clip-AbCdEf", "half a clip");
    const run_folder run(folder.path());
    CHECK(fs::is_empty(run.temporary()));
}

TEST_CASE("a folder that cannot be written is named in the message", "[run_folder]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "file", "");
    CHECK_THROWS_AS(run_folder(folder / "file"), reelpipe::usage_error);
    CHECK_THROWS_WITH(run_folder(folder / "file"), Catch::Matchers::ContainsSubstring((folder / "file").string()));
}

TEST_CASE("a damaged ledger is set aside and begun anew", "[run_folder]")
{
    const temp_folder folder;
    const run_folder run(folder.path());
    reelpipe::test::write_file(run.ledger(), "this was a database once, before somebody wrote a text over it");
    fs::path kept;
    reelpipe::database db = reelpipe::open_ledger(run, kept);
    CHECK_NOTHROW(reelpipe::ledger(db));
    CHECK(reelpipe::test::read_file(kept).starts_with("this was"));
}

TEST_CASE("a database that is no ledger is set aside and begun anew", "[run_folder]")
{
    const char* const wrong =
        GENERATE("CREATE TABLE notes(text TEXT)",  // another program's
                 "CREATE TABLE clip(name TEXT)",   // and of the same name
                 "DROP TABLE run",                 // ours, in parts
                 "ALTER TABLE clip DROP COLUMN modified_ns", "DROP TABLE clip; CREATE TABLE clip AS SELECT 1 AS video");
    const bool was_ours = !std::string(wrong).starts_with("CREATE");
    const temp_folder folder;
    const run_folder run(folder.path());
    {
        reelpipe::database db(run.ledger());
        if (was_ours) const reelpipe::ledger made(db);
        db.execute(wrong);
    }
    fs::path kept;
    reelpipe::database db = reelpipe::open_ledger(run, kept);
    CHECK_NOTHROW(reelpipe::ledger(db));
    CHECK(fs::exists(kept));
}

TEST_CASE("a ledger with a table of somebody's own beside ours is a ledger", "[run_folder]")
{
    const temp_folder folder;
    const run_folder run(folder.path());
    {
        reelpipe::database db(run.ledger());
        const reelpipe::ledger made(db);
        db.execute("CREATE TABLE notes(text TEXT)");
    }
    fs::path kept;
    reelpipe::open_ledger(run, kept);
    CHECK(kept.empty());
}

TEST_CASE("a folder that is not kept is as it was before", "[run_folder]")
{
    const temp_folder folder;
    {
        const run_folder refused(folder / "new/out");
    }
    CHECK(!fs::exists(folder / "new"));
    {
        run_folder begun(folder / "new/out");
        begun.keep();
    }
    CHECK(fs::exists(folder / "new/out/.reelpipe"));
    {
        const run_folder second(folder / "new/out");
    }
    CHECK(fs::exists(folder / "new/out/.reelpipe"));
}
