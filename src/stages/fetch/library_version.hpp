#ifndef REELPIPE_STAGES_FETCH_LIBRARY_VERSION_HPP
#define REELPIPE_STAGES_FETCH_LIBRARY_VERSION_HPP

#include <string>

namespace reelpipe::fetch {

// "libcurl 7.88.1"
std::string library_version();

}  // namespace reelpipe::fetch

#endif
