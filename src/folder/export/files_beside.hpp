#ifndef REELPIPE_FOLDER_EXPORT_FILES_BESIDE_HPP
#define REELPIPE_FOLDER_EXPORT_FILES_BESIDE_HPP

#include <filesystem>
#include <string>
#include <vector>

namespace reelpipe {

// The endings of the files that a run may have stored beside a clip of this folder: that of a frame index, and one for
// each language that any clip has subtitles of. store::name_beside() tells the names.
std::vector<std::string> endings_beside_clips(const std::filesystem::path& folder);

}  // namespace reelpipe

#endif
