#include "media/library_version.hpp"

#include "media/av.hpp"

namespace reelpipe::media {

std::string library_version()
{
    const bool has_x264 = avcodec_find_encoder_by_name("libx264") != nullptr;
    return std::string("FFmpeg ") + av_version_info() + (has_x264 ? " with libx264" : " without libx264");
}

}  // namespace reelpipe::media
