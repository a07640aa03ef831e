#include "folder/run_folder.hpp"

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
