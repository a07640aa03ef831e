#ifndef REELPIPE_STAGES_RESOLVE_VIDEO_FILE_NAME_HPP
#define REELPIPE_STAGES_RESOLVE_VIDEO_FILE_NAME_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/clip.hpp"

namespace reelpipe::resolve {

// What the names of files say of the videos in them. Names are without folders.

// True if the name has the ending of a video file, in capitals or not.
bool is_of_video(std::string_view name);
std::string known_endings();  // "mp4, m4v, …"

// The name without its ending.
inline std::string_view stem_of(std::string_view name) { return name.substr(0, name.rfind('.')); }

// The ids that a stem may stand for, in the order of preference: "ID", "ID.f137", "v_ID", "Title [ID]".
std::vector<std::string_view> ids_of(std::string_view stem);

// A clip as tools for data sets name it, "ID_000010_000020.mp4": whole seconds, or with fractions.
struct named_clip {
    std::string_view video;  // in the name
    segment holds;
};
std::optional<named_clip> clip_of(std::string_view name);

}  // namespace reelpipe::resolve

#endif
