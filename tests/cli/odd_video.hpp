#ifndef REELPIPE_TESTS_CLI_ODD_VIDEO_HPP
#define REELPIPE_TESTS_CLI_ODD_VIDEO_HPP

#include <fmt/format.h>

#include <filesystem>

#include "support/process.hpp"

namespace reelpipe::test {

// A video of three seconds whose width says what the faulty decoder or demuxer does with it.
inline void make_video(const std::filesystem::path& file, int width)
{
    std::filesystem::create_directories(file.parent_path());
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
               fmt::format("testsrc2=size={}x120:rate=25:duration=3", width), "-c:v", "libx264", "-preset", "ultrafast",
               "-pix_fmt", "yuv420p", file.string()});
}

}  // namespace reelpipe::test

#endif
