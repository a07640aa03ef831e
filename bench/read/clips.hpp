#ifndef REELPIPE_BENCH_READ_CLIPS_HPP
#define REELPIPE_BENCH_READ_CLIPS_HPP

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/contest.hpp"

namespace reelpipe::bench {

// One segment of a video, cut in a way that a user may choose.
struct cut_clip {
    std::string name{};
    std::filesystem::path file{};
};

struct footage {
    int rate = 30, frames = 0;      // of each clip
    std::vector<int> indices{};     // of the frames that are read one by one: the same for every clip
    std::vector<cut_clip> clips{};  // that of libx264's own settings first
};

// Makes the video, once, and the clips. It is of several shots that move, with the noise of a camera.
footage make_footage(scale, const std::filesystem::path& folder);

// Each checks the clip's frames first, and gives CPU seconds: `random_s` of one frame from a file that is opened for
// it, `eight_s` of 8 uniform ones from one file, `whole_s` of all; throws wrong_result.
figures read_by_libav(const footage&, const std::filesystem::path& clip);
figures read_by_python(const footage&, const std::filesystem::path& clip, const std::string& reader);

bool has_python_module(const std::string& name);

}  // namespace reelpipe::bench

#endif
