#include "media/library_version.hpp"

#include "media/av.hpp"

namespace reelpipe::media {

std::string library_version() { return std::string("FFmpeg ") + av_version_info(); }

}  // namespace reelpipe::media
