#ifndef REELPIPE_PIPELINE_DATASET_FILES_HPP
#define REELPIPE_PIPELINE_DATASET_FILES_HPP

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "ledger/file_list.hpp"

namespace reelpipe {

// Adds the files with the ending of a video that lie below a folder, without `own`, which is reelpipe's. Links to files
// are followed inside of the folder; those to folders are not, because what they lead to has a name of its own. Hidden
// files are none of a dataset. Returns how many other files there are, and tells of what cannot be read: its name below
// the folder, and why.
std::uint64_t find_dataset_files(const std::filesystem::path& folder, const std::filesystem::path& own, file_list&,
                                 const std::function<void(std::filesystem::path, std::string)>& unreadable);

}  // namespace reelpipe

#endif
