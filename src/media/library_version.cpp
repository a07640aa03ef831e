#include "media/library_version.hpp"

#include "media/av.hpp"

namespace reelpipe::media {

std::string library_version() { return std::string("FFmpeg ") + av_version_info(); }

bool has_x264() { return avcodec_find_encoder_by_name("libx264") != nullptr; }

}  // namespace reelpipe::media
