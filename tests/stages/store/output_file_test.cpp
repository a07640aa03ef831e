#include "stages/store/output_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using reelpipe::store::file_signature;
using reelpipe::store::output_file;
using reelpipe::store::signature_of;
using reelpipe::test::read_file;
using reelpipe::test::temp_folder;

namespace {

output_file file_with(const fs::path& folder, std::string_view content)
{
    output_file file(folder);
    REQUIRE(write(file.descriptor(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    return file;
}

}  // namespace

TEST_CASE("a clip has no name until it is placed", "[output_file]")
{
    const temp_folder folder;
    output_file file = file_with(folder.path(), "clip");
    CHECK(fs::is_empty(folder.path()));

    const std::optional<file_signature> placed = file.place(folder / "some label/clip.mp4");

    CHECK(placed == signature_of(folder / "some label/clip.mp4"));
    CHECK(read_file(folder / "some label/clip.mp4") == "clip");
}

TEST_CASE("a dropped clip leaves nothing", "[output_file]")
{
    const temp_folder folder;
    {
        const output_file file = file_with(folder.path(), "clip");
    }
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("the first writer of a name wins", "[output_file]")
{
    const temp_folder folder;
    std::vector<std::string> contents(8);
    std::vector<std::optional<file_signature>> answers(contents.size());
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < contents.size(); ++i) {
        contents[i] = std::string(10'000, static_cast<char>('a' + i));
        writers.emplace_back([&, i, file = file_with(folder.path(), contents[i])]() mutable {
            answers[i] = file.place(folder / "label/clip.mp4");
        });
    }
    for (std::thread& writer : writers) writer.join();

    const auto is_placed = [](const std::optional<file_signature>& answer) { return answer.has_value(); };
    REQUIRE(std::ranges::count_if(answers, is_placed) == 1);
    const auto winner = static_cast<std::size_t>(std::ranges::find_if(answers, is_placed) - answers.begin());
    CHECK(read_file(folder / "label/clip.mp4") == contents[winner]);
}

TEST_CASE("a clip whose name is taken may be placed once the name is free", "[output_file]")
{
    const temp_folder folder;
    fs::create_symlink("nowhere", folder / "clip.mp4");
    output_file file = file_with(folder.path(), "clip");

    CHECK_FALSE(file.place(folder / "clip.mp4"));
    CHECK(fs::is_symlink(folder / "clip.mp4"));
    fs::remove(folder / "clip.mp4");
    CHECK(file.place(folder / "clip.mp4"));

    CHECK(read_file(folder / "clip.mp4") == "clip");
}

TEST_CASE("a clip that cannot be placed is an error with the place in it", "[output_file]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "label", "a file where the folder should be");
    output_file file = file_with(folder.path(), "clip");

    CHECK_THROWS_WITH(file.place(folder / "label/clip.mp4"), Catch::Matchers::ContainsSubstring("label"));
    CHECK_THROWS_AS(output_file(folder / "nowhere"), std::system_error);
}

TEST_CASE("a file that is no good is set aside, never overwritten", "[output_file]")
{
    const temp_folder folder;
    for (const char* content : {"first", "second"}) {
        reelpipe::test::write_file(folder / "clip.mp4", content);
        const fs::path kept = reelpipe::store::quarantine(folder / "clip.mp4", folder / "rejected");
        CHECK(read_file(kept) == content);
        CHECK_FALSE(fs::exists(folder / "clip.mp4"));
    }
}

TEST_CASE("a file that took the name of one that is no good keeps it", "[output_file]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "clip.mp4", "bad");
    const file_signature judged = signature_of(folder / "clip.mp4");
    const auto kept = reelpipe::store::quarantine(folder / "clip.mp4", folder / "rejected", judged);
    REQUIRE(kept);
    CHECK(read_file(*kept) == "bad");

    reelpipe::test::write_file(folder / "clip.mp4", "a good one");
    CHECK_FALSE(reelpipe::store::quarantine(folder / "clip.mp4", folder / "rejected", judged));
    CHECK(read_file(folder / "clip.mp4") == "a good one");
}

TEST_CASE("a stamp tells whether a file was touched", "[output_file]")
{
    const temp_folder folder;
    CHECK(signature_of(folder / "nothing") == file_signature{});

    reelpipe::test::write_file(folder / "clip.mp4", "clip");
    const auto before = signature_of(folder / "clip.mp4");
    reelpipe::test::write_file(folder / "clip.mp4", "clips");

    CHECK(before.bytes == 4);
    CHECK(signature_of(folder / "clip.mp4") != before);
}

TEST_CASE("each way to a name gives it once, and replaces nothing", "[output_file]")
{
    using enum reelpipe::store::way_to_name;
    const auto way = GENERATE(link_by_proc, link_by_descriptor, move);
    const temp_folder folder;
    const fs::path name = folder / "label/clip.mp4";
    output_file first(folder.path(), way), second(folder.path(), way);
    REQUIRE(write(first.descriptor(), "first", 5) == 5);
    REQUIRE(write(second.descriptor(), "second", 6) == 6);

    CHECK(first.place(name));
    CHECK(!second.place(name));
    CHECK(reelpipe::test::read_file(name) == "first");
    fs::remove(name);
    CHECK(second.place(name));
    CHECK(reelpipe::test::read_file(name) == "second");
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}) == 1);
}

TEST_CASE("the way to a name is found by trying, which leaves nothing", "[output_file]")
{
    const temp_folder folder;
    fs::create_directory(folder / "tmp");
    CHECK(reelpipe::store::find_way_to_name(folder / "tmp", folder.path()) ==
          reelpipe::store::way_to_name::link_by_proc);
    CHECK(fs::is_empty(folder / "tmp"));
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}) == 1);
}
