#ifndef REELPIPE_PIPELINE_CLIP_FILE_NAME_HPP
#define REELPIPE_PIPELINE_CLIP_FILE_NAME_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/work_list.hpp"

namespace reelpipe {

// A way to read the name of a file, without its ending, as that of a clip. No name has to mean what it seems to.
struct clip_file_name {
    std::string video{};
    std::chrono::microseconds start{};
    std::optional<std::chrono::microseconds> end{};  // none: only the start is named
    std::chrono::microseconds exact_to{};            // the times of the clip may differ by less
};

// The ways to read "ID_000001_000011", in which the times may be decimal, or milliseconds; and "ID_000001". Likeliest
// first.
std::vector<clip_file_name> readings_of(std::string_view stem);

// The clips of the lists that a file of this name is, or, with `is_whole`, that it holds as a whole video, which is
// named "ID" or "v_ID".
struct named_clips {
    std::vector<wanted_clip> clips{};
    bool is_whole = false;
};
named_clips clips_named(std::string_view stem, work_list&);

// True if the name is that of some clip, or of a whole video of YouTube.
bool is_name_of_clip(std::string_view stem);

}  // namespace reelpipe

#endif
