#ifndef REELPIPE_TESTS_STAGES_CUT_SHOWN_FRAMES_HPP
#define REELPIPE_TESTS_STAGES_CUT_SHOWN_FRAMES_HPP

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace reelpipe::test {

struct shown_frame {
    std::chrono::microseconds time{};
    std::string hash{};  // of its samples
};

// What the ffmpeg program shows of a video: every frame, as it is decoded. `extra` goes in front of -i. Throws
// where the program has anything to say.
std::vector<shown_frame> shown_frames(const std::filesystem::path&, const std::vector<std::string>& extra = {});

}  // namespace reelpipe::test

#endif
