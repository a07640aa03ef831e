#include "stages/cut/clip_index.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "stages/cut/cut.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::cut::encode_error;
using reelpipe::cut::way;
namespace fs = std::filesystem;

namespace {

void finish(const fs::path& file)
{
    const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("cannot open " + file.string());
    try {
        reelpipe::cut::finish_index(descriptor, {});
    } catch (...) {
        close(descriptor);
        throw;
    }
    close(descriptor);
}

// The types of the outermost boxes, all of them with sizes of 32 bits.
std::vector<std::string> boxes_of(const fs::path& file)
{
    const std::string content = read_file(file);
    std::vector<std::string> types;
    for (std::size_t at = 0; at + 8 <= content.size();) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(content[at + i]);
        types.push_back(content.substr(at + 4, 4));
        at += std::max<std::size_t>(size, 8);
    }
    return types;
}

}  // namespace

TEST_CASE("an index is put in front as ffmpeg's -movflags +faststart does it, byte for byte", "[index]")
{
    const temp_folder folder;
    // Larger than what is moved at once, with audio, whose places are moved as well.
    std::vector<std::string> words{
        "ffmpeg", "-nostdin", "-v",   "error", "-f",      "lavfi",     "-i",     "testsrc2=size=640x360:rate=25",
        "-f",     "lavfi",    "-i",   "sine",  "-t",      "3",         "-q:v",   "1",
        "-c:v",   "mpeg4",    "-c:a", "aac",   "-fflags", "+bitexact", "-flags", "+bitexact"};
    const auto make = [&](const std::string& name, const std::vector<std::string>& more) {
        std::vector<std::string> command = words;
        command.insert(command.end(), more.begin(), more.end());
        command.push_back(folder / name);
        output_of(command);
    };
    make("own.mp4", {});
    make("ffmpeg.mp4", {"-movflags", "+faststart"});
    REQUIRE(fs::file_size(folder / "own.mp4") > 1'000'000);

    finish(folder / "own.mp4");

    CHECK(boxes_of(folder / "own.mp4") == std::vector<std::string>{"ftyp", "moov", "free", "mdat"});
    CHECK(read_file(folder / "own.mp4") == read_file(folder / "ffmpeg.mp4"));
}

TEST_CASE("the index of a clip of any kind stands in front of its media", "[index]")
{
    const temp_folder folder;
    const way mode = GENERATE(way::encode, way::lossless, way::smart);

    const auto made = cut_to(folder / "clip.mp4", video("moov_first.mp4"), {4s, 9s}, {.mode = mode});

    CHECK(made.frames == 150);
    CHECK((mode != way::smart || made.parts));
    CHECK(boxes_of(folder / "clip.mp4") == std::vector<std::string>{"ftyp", "moov", "free", "mdat"});
}

TEST_CASE("an index whose tables cannot tell the moved places stays behind the media", "[index]")
{
    const temp_folder folder;
    fs::copy_file(video("moov_last.mp4"), folder / "clip.mp4");
    std::string content = read_file(folder / "clip.mp4");
    const std::size_t places = content.rfind("stco") + 12;  // of the last track
    content.replace(places, 4, "\xff\xff\xff\xf0");
    write_file(folder / "clip.mp4", content);

    finish(folder / "clip.mp4");

    CHECK(read_file(folder / "clip.mp4") == content);
}

TEST_CASE("a file that libav did not write is left as it is", "[index]")
{
    const temp_folder folder;
    std::string content = read_file(video("moov_last.mp4"));
    const std::size_t counted = content.rfind("stco") + 8;
    const auto change = GENERATE(1, 2, 3);
    if (change == 1) content.replace(counted, 4, "\xff\xff\xff\xff");
    if (change == 2) content.resize(content.size() - 1);
    if (change == 3) content = read_file(video("moov_first.mp4"));
    write_file(folder / "clip.mp4", content);

    CHECK_THROWS_AS(finish(folder / "clip.mp4"), encode_error);

    CHECK(read_file(folder / "clip.mp4") == content);
}
