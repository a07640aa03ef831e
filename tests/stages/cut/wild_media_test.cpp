// Files of kinds that phones, cameras, packagers and archives make, and few others do.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "media/error.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::cut::options;
using reelpipe::cut::result;
using reelpipe::cut::way;
using reelpipe::media::fault;

namespace fs = std::filesystem;

namespace {

// ffmpeg -i OF WORDS... TO, with small frames of its own where `of` is empty.
void make(const fs::path& to, const std::string& of, const std::vector<std::string>& words)
{
    std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    if (of.empty())
        command.insert(command.end(), {"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4"});
    else
        command.insert(command.end(), {"-i", of});
    command.insert(command.end(), words.begin(), words.end());
    command.push_back(to.string());
    output_of(command);
}

fault fault_of(const fs::path& video, reelpipe::segment wanted, const options& how)
{
    const temp_folder folder;
    try {
        cut_to(folder / "clip.mp4", video, wanted, how);
    } catch (const reelpipe::media::error& e) {
        INFO(e.what());
        return e.kind();
    }
    FAIL("it was cut");
    throw;
}

}  // namespace

TEST_CASE("encrypted media are told as such, whatever is made of them", "[wild][encryption]")
{
    const temp_folder folder;
    const bool in_fragments = GENERATE(false, true);
    std::vector<std::string> words{"-c",
                                   "copy",
                                   "-encryption_scheme",
                                   "cenc-aes-ctr",
                                   "-encryption_key",
                                   "00112233445566778899aabbccddeeff",
                                   "-encryption_kid",
                                   "112233445566778899aabbccddeeff00"};
    if (in_fragments) words.insert(words.end(), {"-movflags", "frag_keyframe+empty_moov"});
    make(folder / "video.mp4", video("audio_mono.mp4"), words);
    for (const way mode : {way::encode, way::lossless, way::smart}) {
        CAPTURE(in_fragments, mode);
        CHECK(fault_of(folder / "video.mp4", {1s, 2s}, {.mode = mode}) == fault::encrypted);
    }
}

TEST_CASE("scrambled MPEG-TS is told as such", "[wild][encryption]")
{
    const temp_folder folder;
    std::string content = read_file(video("before.ts"));
    for (std::size_t at = 0; at + 188 <= content.size(); at += 188)
        if (content[at + 1] & 0x01) content[at + 3] = static_cast<char>(content[at + 3] | 0x80);  // frames, not tables
    write_file(folder / "video.ts", content);
    CHECK(fault_of(folder / "video.ts", {0s, 1s}, {}) == fault::encrypted);
}
