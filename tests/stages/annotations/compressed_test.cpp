#include "stages/annotations/list_reader.hpp"

#include <cstdlib>

#include "stages/annotations/lists.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using Catch::Matchers::ContainsSubstring;
using reelpipe::annotations::list_reader;
using reelpipe::annotations::not_a_list;
using reelpipe::test::output_of;

namespace {

std::string long_list()
{
    std::string text = "youtube_id,time_start,time_end\n";
    for (int i = 0; i < 50'000; ++i) text += "video" + std::to_string(100'000 + i) + ",1,2\n";
    return text;
}

std::size_t rows_in(const std::filesystem::path& path)
{
    list_reader list(path.string());
    std::size_t count = 0;
    while (const auto row = list.next()) count += std::holds_alternative<reelpipe::clip_request>(row->content);
    return count;
}

}  // namespace

TEST_CASE("compressed lists are read, whatever they are called", "[compressed]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "list", long_list());
    for (const std::vector<std::string>& packer :
         {std::vector<std::string>{"gzip", "-c"}, {"bzip2", "-c"}, {"xz", "-c"}, {"zstd", "-qc"}}) {
        CAPTURE(packer.front());
        std::vector<std::string> words = packer;
        words.push_back((folder / "list").string());
        reelpipe::test::write_file(folder / "packed", output_of(words));
        CHECK(rows_in(folder / "packed") == 50'000);
    }
}

TEST_CASE("a gzip list with one wrong byte is refused", "[compressed]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "list", long_list());
    std::string packed = output_of({"gzip", "-c", (folder / "list").string()});
    const std::size_t place =
        GENERATE(std::size_t{5}, std::size_t{100});  // from the end: in the checksum, and in what it covers
    packed[packed.size() - place] = static_cast<char>(~packed[packed.size() - place]);
    reelpipe::test::write_file(folder / "packed", packed);
    CHECK_THROWS_AS(rows_in(folder / "packed"), not_a_list);
}

TEST_CASE("several gzip members are one list", "[compressed]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "a", "youtube_id,time_start,time_end\nabcdefghijk,1,2\n");
    reelpipe::test::write_file(folder / "b", "bcdefghijkl,1,2\n");
    const std::string both =
        output_of({"gzip", "-c", (folder / "a").string()}) + output_of({"gzip", "-c", (folder / "b").string()});
    reelpipe::test::write_file(folder / "both", both);
    CHECK(rows_in(folder / "both") == 2);
}

TEST_CASE("a compressed list that was cut off or damaged is refused by name", "[compressed]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "list", long_list());
    for (const char* packer : {"gzip", "xz", "zstd"}) {
        CAPTURE(packer);
        std::string packed = output_of({packer, "-c", (folder / "list").string()});
        reelpipe::test::write_file(folder / "short", std::string_view(packed).substr(0, packed.size() / 2));
        CHECK_THROWS_AS(rows_in(folder / "short"), not_a_list);
        CHECK_THROWS_WITH(rows_in(folder / "short"), ContainsSubstring("short"));
        // libarchive does not compare the check sum of gzip.
        if (packer == std::string_view("gzip")) continue;
        packed[packed.size() / 2] ^= 0x55;
        packed[packed.size() / 2 + 1] ^= 0x55;
        reelpipe::test::write_file(folder / "damaged", packed);
        CHECK_THROWS_WITH(rows_in(folder / "damaged"), ContainsSubstring("damaged"));
    }
}

TEST_CASE("a compressed file of endless zeros is refused and not kept", "[compressed]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "zeros", std::string(100u << 20, '\0'));
    reelpipe::test::write_file(folder / "bomb", output_of({"gzip", "-1", "-c", (folder / "zeros").string()}));
    CHECK_THROWS_AS(list_reader((folder / "bomb").string()), not_a_list);
}
