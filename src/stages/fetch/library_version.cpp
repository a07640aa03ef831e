#include "stages/fetch/library_version.hpp"

#include <curl/curl.h>

namespace reelpipe::fetch {

std::string library_version() { return std::string("libcurl ") + curl_version_info(CURLVERSION_NOW)->version; }

}  // namespace reelpipe::fetch
