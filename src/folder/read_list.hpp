#ifndef REELPIPE_FOLDER_READ_LIST_HPP
#define REELPIPE_FOLDER_READ_LIST_HPP

#include <cstdint>
#include <functional>
#include <string>

#include "reelpipe/clip.hpp"
#include "stages/annotations/row.hpp"

namespace reelpipe {

// Calls `take` with each row of an annotation list ("-": standard input) until it says false. Malformed rows are
// skipped and told to `warn`, the first ones each by itself. Returns how many there were. Throws usage_error for a list
// that cannot be read, and for one of which no row can.
std::uint64_t read_list(const std::string& name, const annotations::list_options&,
                        const std::function<void(const std::string&)>& warn,
                        const std::function<bool(const clip_request&)>& take);

}  // namespace reelpipe

#endif
