#include "stages/cut/still.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "media/error.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using reelpipe::cut::still;
using reelpipe::test::temp_folder;

namespace {

still still_of(const fs::path& file, std::chrono::microseconds at = 5s)
{
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const struct closing {
        ~closing() { close(open_file); }
        int open_file;
    } at_the_end{descriptor};
    reelpipe::media::partial_file video{.descriptor = descriptor, .size = fs::file_size(file)};
    video.held.add({0, video.size});
    return reelpipe::cut::take_still(video, at, 90);
}

// Made with the ffmpeg program.
fs::path made(const temp_folder& folder, std::vector<std::string> how)
{
    const fs::path file = folder / "made.mp4";
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    words.insert(words.end(), how.begin(), how.end());
    words.push_back(file.string());
    reelpipe::test::output_of(words);
    return file;
}

const fs::path media = REELPIPE_TEST_MEDIA;

}  // namespace

TEST_CASE("a still is a small JPEG that a classic tool reads", "[still]")
{
    const temp_folder folder;
    for (const char* name : {"moov_first.mp4", "edit_list.mp4", "full_range.mp4", "hevc.mp4", "video.webm"}) {
        const still image = still_of(media / name);
        INFO(name);
        CHECK(image.width == 160);
        CHECK(image.height == 90);
        reelpipe::test::write_file(folder / "text", image.jpeg);
        reelpipe::test::write_file(folder / "still.jpg", reelpipe::test::output_of({"base64", "-d", folder / "text"}));
        CHECK(reelpipe::test::output_of({"ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height",
                                         "-of", "csv=p=0", folder / "still.jpg"}) == "mjpeg,160,90\n");
    }
}

TEST_CASE("a still of a rotated clip is upright", "[still]")
{
    const still upright = still_of(media / "anamorphic.mp4", 1s), turned = still_of(media / "turned_90.mp4", 1s);
    CHECK(upright.width > upright.height);
    CHECK(turned.width == upright.height);
    CHECK(turned.height == upright.width);
}

TEST_CASE("a time behind the end shows the last frames, and a narrow strip is refused", "[still]")
{
    const temp_folder folder;
    CHECK(still_of(media / "silent.mp4", 1h).width == 160);
    const fs::path strip = made(folder, {"-f", "lavfi", "-i", "testsrc2=size=640x64:rate=5", "-t", "1"});
    CHECK_THROWS_AS(still_of(strip, 0s), reelpipe::media::error);
}
