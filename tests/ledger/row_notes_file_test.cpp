#include "ledger/row_notes_file.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

TEST_CASE("a row has the last text that was kept of it, however long, and in whatever order", "[row_notes_file]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::row_notes_file kept(folder.path());
    const std::string endless(100'000, 'z');
    kept.keep(7, "seven");
    kept.keep(2, endless);
    kept.keep(7, "seven again");
    CHECK(kept.of(7) == "seven again");
    kept.keep(3, std::string("with \0 and \n", 12));

    CHECK(kept.of(1).empty());
    CHECK(kept.of(2) == endless);
    CHECK(kept.of(3) == std::string("with \0 and \n", 12));
    CHECK(kept.of(8).empty());
    CHECK(std::filesystem::is_empty(folder.path()));
}
