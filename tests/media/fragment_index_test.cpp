#include "media/fragment_index.hpp"

#include <filesystem>
#include <string>

#include "media/videos.hpp"
#include "support/catch.hpp"
#include "support/sparse_copy.hpp"
#include "support/temp_folder.hpp"

using reelpipe::media::fragment;
using reelpipe::media::fragments_of;
using reelpipe::test::media;
using reelpipe::test::sparse_copy;
using reelpipe::test::whole_file;

namespace {

std::vector<fragment> fragments_in(const std::string& content)
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "video", content);
    return fragments_of(whole_file(folder / "video").file());
}

}  // namespace

TEST_CASE("the index of the fragments says where and when they are", "[fragment_index]")
{
    const whole_file video(media / "long_video.mp4");
    const std::vector<fragment> all = fragments_of(video.file());

    REQUIRE(all.size() == 120);  // key frames every 75 frames
    for (std::size_t i = 1; i < all.size(); ++i) {
        CHECK(all[i].bytes.begin == all[i - 1].bytes.end);
        CHECK(all[i].begin == all[i - 1].end);
    }
    CHECK(all.front().begin.count() == 0);
    CHECK_THAT(std::chrono::duration<double>(all.back().end).count(), Catch::Matchers::WithinAbs(300, 0.1));
    CHECK(all.back().bytes.end <= video.file().size);
}

TEST_CASE("an index that is not held, cut off, or of another kind names no fragments", "[fragment_index]")
{
    sparse_copy nothing(media / "long_video.mp4");
    CHECK(fragments_of(nothing.file()).empty());
    nothing.copy({0, 900});  // ends inside of it
    CHECK(fragments_of(nothing.file()).empty());
    for (const char* other : {"moov_first.mp4", "fragments.mp4", "fragments_sidx.mp4", "video.webm"})
        CHECK(fragments_of(whole_file(media / other).file()).empty());
}

TEST_CASE("numbers of an index that make no sense name no fragments", "[fragment_index]")
{
    const std::string video = reelpipe::test::read_file(media / "long_video.mp4");
    const auto index = video.find("sidx") + 4;
    const auto broken = [&](std::size_t offset, std::string_view bytes) {
        std::string copy = video;
        copy.replace(index + offset, bytes.size(), bytes);
        return copy;
    };
    using namespace std::string_view_literals;
    CHECK(fragments_in(video).size() == 120);
    CHECK(fragments_in(broken(8, "\0\0\0\0"sv)).empty());                           // no clock
    CHECK(fragments_in(broken(20, "\x7f\xff\xff\xff\xff\xff\xff\xff"sv)).empty());  // begins behind the end
    CHECK(fragments_in(broken(12, "\x7f\xff\xff\xff\xff\xff\xff\xff"sv)).empty());  // in a far future
    CHECK(fragments_in(broken(30, "\xff\xff"sv)).empty());                          // more than there are
    CHECK(fragments_in(broken(32, "\x80\0\0\x10"sv)).empty());                      // an index of indexes
    CHECK(fragments_in(broken(32, "\x7f\xff\xff\xff"sv)).empty());                  // beyond the end
}
