#ifndef REELPIPE_MEDIA_LIBRARY_VERSION_HPP
#define REELPIPE_MEDIA_LIBRARY_VERSION_HPP

#include <string>

namespace reelpipe::media {

// "FFmpeg 5.1.9-0+deb12u1"
std::string library_version();

// False: this FFmpeg cannot re-encode to H.264.
bool has_x264();

}  // namespace reelpipe::media

#endif
