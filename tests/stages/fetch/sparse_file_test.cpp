#include "stages/fetch/sparse_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <system_error>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using reelpipe::fetch::sparse_file;
using reelpipe::media::byte_range;
using reelpipe::test::temp_folder;

namespace {

void write(sparse_file& file, std::uint64_t offset, std::string_view text)
{
    file.write(offset, std::as_bytes(std::span(text.data(), text.size())));
}

std::string read(const sparse_file& file, byte_range range)
{
    std::string text(range.size(), '\0');
    CHECK(pread(file.view().descriptor, text.data(), text.size(), static_cast<off_t>(range.begin)) ==
          static_cast<ssize_t>(text.size()));
    return text;
}

}  // namespace

TEST_CASE("a sparse file has no name in its folder", "[sparse_file]")
{
    const temp_folder folder;
    const auto file = sparse_file::in(folder.path());
    write(*file, 0, "video");

    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a sparse file knows what it holds and takes no space for its holes", "[sparse_file]")
{
    const temp_folder folder;
    const auto file = sparse_file::in(folder.path());
    file->resize(1u << 30);
    write(*file, 1000, "abc");
    write(*file, 1003, "def");
    write(*file, 5000, "ghi");

    const auto view = file->view();
    struct stat facts{};
    CHECK(fstat(view.descriptor, &facts) == 0);
    CHECK(facts.st_blocks * 512 < 1 << 20);
    CHECK(view.size == 1u << 30);
    CHECK(view.held.ranges() == std::vector<byte_range>{{1000, 1006}, {5000, 5003}});
    CHECK(read(*file, {1000, 1006}) == "abcdef");
}

TEST_CASE("bytes that are held are not written again", "[sparse_file]")
{
    const temp_folder folder;
    const auto file = sparse_file::in(folder.path());
    write(*file, 2, "cd");
    write(*file, 0, "ABCDEF");

    CHECK(read(*file, {0, 6}) == "ABcdEF");
}

TEST_CASE("a file of the user's is all held and stays as it is", "[sparse_file]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", "0123456789");
    {
        const auto file = sparse_file::of(folder / "video.mp4");
        CHECK(file->size() == 10);
        CHECK(file->held().holds({0, 10}));
        CHECK(read(*file, {2, 5}) == "234");
    }
    CHECK(reelpipe::test::read_file(folder / "video.mp4") == "0123456789");
}

TEST_CASE("a file that cannot be read says which and why", "[sparse_file]")
{
    const temp_folder folder;
    try {
        sparse_file::of(folder / "missing.mp4");
        FAIL("it was opened");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::no_such_file_or_directory);
        CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("missing.mp4"));
    }
    CHECK_THROWS_AS(sparse_file::of(folder.path()), std::system_error);
    CHECK(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(sparse_file::of(folder / "pipe"), std::system_error);
}

TEST_CASE("a disk that takes no more is told as a system error", "[sparse_file]")
{
    const temp_folder folder;
    const auto file = sparse_file::in(folder.path());
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit little{4096, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &little);
    std::error_code failed;
    try {
        write(*file, 4000, std::string(200, 'x'));
    } catch (const std::system_error& e) {
        failed = e.code();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_action);

    CHECK(failed == std::errc::file_too_large);
    CHECK_FALSE(file->held().holds({4000, 4200}));
}
