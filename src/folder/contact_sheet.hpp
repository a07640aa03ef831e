#ifndef REELPIPE_FOLDER_CONTACT_SHEET_HPP
#define REELPIPE_FOLDER_CONTACT_SHEET_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "folder/clip_census.hpp"
#include "stages/cut/still.hpp"

namespace reelpipe {

// A frame of a clip, or the reason why it cannot be shown.
struct sheet_frame {
    cut::still image{};
    std::string error{};
};

// A frame from the middle of each clip, in their order. They are decoded in sandboxed processes of `worker`; if none
// can be started, no frame is shown. Blocks.
std::vector<sheet_frame> take_stills(const std::filesystem::path& folder, const std::filesystem::path& worker,
                                     const std::vector<clip_census::stored_clip>&);

}  // namespace reelpipe

#endif
