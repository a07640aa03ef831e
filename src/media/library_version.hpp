#ifndef REELPIPE_MEDIA_LIBRARY_VERSION_HPP
#define REELPIPE_MEDIA_LIBRARY_VERSION_HPP

#include <string>

namespace reelpipe::media {

// "FFmpeg 5.1.9-0+deb12u1 with libx264"
std::string library_version();

}  // namespace reelpipe::media

#endif
