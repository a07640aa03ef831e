extern "C" {
#include <libavutil/cpu.h>
}

#include <string>

#include "cutting.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::cut::audio_mode;
using reelpipe::cut::options;
using reelpipe::cut::way;

namespace {

// libav as on a CPU that has nothing but what all x86-64 have, if `is_plain`.
class libav_on_cpu {
public:
    explicit libav_on_cpu(bool is_plain)
    {
        if (is_plain) av_force_cpu_flags(0);
    }
    libav_on_cpu(const libav_on_cpu&) = delete;
    libav_on_cpu& operator=(const libav_on_cpu&) = delete;
    ~libav_on_cpu() { av_force_cpu_flags(-1); }
};

std::string bytes_of(const std::string& name, options how, bool is_plain = false)
{
    const temp_folder folder;
    const auto clip = folder.path() / "clip.mp4";
    const libav_on_cpu cpu(is_plain);
    if (is_plain && how.mode == way::encode) how.x264_params += "no-asm=1";
    cut_to(clip, video(name), {2s, 5s}, how);
    return read_file(clip);
}

bool names_a_library(const std::string& bytes)
{
    return bytes.find("Lavf") != bytes.npos || bytes.find("Lavc") != bytes.npos || bytes.find("x264") != bytes.npos;
}

}  // namespace

TEST_CASE("a reproducible clip names no library", "[reproducible]")
{
    const way mode = GENERATE(way::encode, way::lossless, way::smart);
    options how{.mode = mode, .preset = "ultrafast"};
    if (mode == way::lossless) how.preset = options{}.preset;
    CHECK(names_a_library(bytes_of("long.mp4", how)));
    how.reproducible = true;
    const std::string bytes = bytes_of("long.mp4", how);
    CHECK(bytes.find("Lavf") == bytes.npos);
    CHECK((mode == way::lossless || !names_a_library(bytes)));  // a copied frame may name its own encoder
    CHECK(bytes == bytes_of("long.mp4", how));
}

TEST_CASE("a reproducible clip is the same on other CPUs", "[reproducible]")
{
    const auto [name, how] = GENERATE(table<std::string, options>({
        {"long.mp4", {.preset = "veryfast"}},
        {"long.mp4", {.preset = "veryfast", .short_side = 50, .filter = "hflip"}},
        {"hevc_10bit.mp4", {.preset = "ultrafast"}},
        {"audio_pcm.mov", {.preset = "ultrafast", .audio = audio_mode::aac}},
    }));
    options reproducible = how;
    reproducible.reproducible = true;
    CAPTURE(name, how.filter);
    CHECK(bytes_of(name, reproducible) == bytes_of(name, reproducible, true));
}
