#ifndef REELPIPE_TESTS_STAGES_ANNOTATIONS_LISTS_HPP
#define REELPIPE_TESTS_STAGES_ANNOTATIONS_LISTS_HPP

#include <string>
#include <string_view>
#include <vector>

#include "stages/annotations/list_reader.hpp"

namespace reelpipe::test {

std::vector<annotations::row> rows_of(std::string_view content, const annotations::list_options& = {});

// The clips of a list whose rows are all good.
std::vector<clip_request> clips_of(std::string_view content, const annotations::list_options& = {});

// The complaints about its bad rows, "LINE: MESSAGE".
std::vector<std::string> complaints_of(std::string_view content, const annotations::list_options& = {});

// Why the list as a whole is refused, or "accepted".
std::string refusal_of(std::string_view content, const annotations::list_options& = {});

}  // namespace reelpipe::test

#endif
