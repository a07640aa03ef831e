#ifndef REELPIPE_FOLDER_FRAME_INDEX_HPP
#define REELPIPE_FOLDER_FRAME_INDEX_HPP

#include <filesystem>
#include <string>
#include <string_view>

#include "stages/verify/verify.hpp"

namespace reelpipe {

// The frames of a clip as JSON in a file beside it: pts, pts_time, duration and key_frame of each, as ffprobe's
// -show_frames writes them and torchcodec's custom_frame_mappings takes them. A file a clip, because that is what a
// reader is given.
inline constexpr std::string_view frame_index_ending = ".frames.json";

// "a/b.mp4" has "a/b.frames.json".
std::filesystem::path frame_index_of(const std::filesystem::path& clip);

std::string frame_index_text(const verify::frame_list&);

}  // namespace reelpipe

#endif
