#ifndef REELPIPE_STAGES_ANNOTATIONS_SPLIT_NAME_HPP
#define REELPIPE_STAGES_ANNOTATIONS_SPLIT_NAME_HPP

#include <string>
#include <string_view>

namespace reelpipe::annotations {

// "val", "train" or "test" for the ways in which lists spell them; any other split in lower case.
std::string canonical_split(std::string_view split);

}  // namespace reelpipe::annotations

#endif
