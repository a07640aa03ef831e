#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "reelpipe/zeroed_memory.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sanitizer.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::cut::options;
using namespace reelpipe::test;
namespace fs = std::filesystem;

namespace {

constexpr int sizes = 20;
constexpr segment middle{500ms, 2500ms};

// Widths of 48 to 960 pixels, of which most are no multiples of 128.
fs::path source(const temp_folder& folder, int i) { return folder / (std::to_string(i) + ".mp4"); }

void make_sources(const temp_folder& folder)
{
    std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error",
                                     "-f",     "lavfi",    "-i", "testsrc2=s=960x160:r=24:d=3"};
    for (int i = 0; i < sizes; ++i) {
        const std::string size = std::to_string(48 * (i + 1)) + ":" + std::to_string(96 + 2 * i);
        command.insert(command.end(), {"-vf", "scale=" + size, "-c:v", "mpeg4", "-q:v", "4", source(folder, i)});
    }
    output_of(command);
}

// What ffmpeg encodes in a process of its own, of which all memory is zeroed.
std::string encoded_alone(const temp_folder& folder, int i)
{
    const fs::path clip = folder / "alone.mp4";
    output_of({"env",
               "GLIBC_TUNABLES=glibc.malloc.perturb=255:glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=4096",
               "ffmpeg",
               "-nostdin",
               "-v",
               "error",
               "-y",
               "-ss",
               seconds(middle.start),
               "-t",
               seconds(middle.end - middle.start),
               "-i",
               source(folder, i),
               "-c:v",
               "libx264",
               "-preset",
               "medium",
               "-pix_fmt",
               "yuv420p",
               "-threads",
               "1",
               clip});
    return packets_of(clip, "v");
}

// The small blocks of whatever ran before, full of what it left there.
void leave_traces()
{
    std::vector<std::vector<std::uint8_t>> blocks;
    for (std::size_t i = 0; i < 2000; ++i) blocks.emplace_back(16 + i * 2, static_cast<std::uint8_t>(i));
}

std::string encoded_here(const temp_folder& folder, int i)
{
    leave_traces();
    encode_to(folder / "clip.mp4", source(folder, i), middle, {.preset = "medium"});
    return packets_of(folder / "clip.mp4", "v");
}

}  // namespace

TEST_CASE("a clip's bits do not depend on the clips before it, whatever its size", "[encode][neighbours][long]")
{
    if (sanitized) return;  // a sanitizer has an allocator of its own
    reelpipe::use_zeroed_memory();
    mallopt(M_TRIM_THRESHOLD, 64 << 20);  // as in workers: what is freed stays as it is
    const temp_folder folder;
    make_sources(folder);
    std::vector<std::string> expected;
    for (int i = 0; i < sizes; ++i) expected.push_back(encoded_alone(folder, i));

    // Each of them comes behind ten others at least.
    for (int turn = 0; turn < sizes + 10; ++turn) {
        const int i = turn % sizes;
        CAPTURE(turn, i);
        CHECK(encoded_here(folder, i) == expected[static_cast<std::size_t>(i)]);
    }
}
