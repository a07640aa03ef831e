#ifndef REELPIPE_STAGES_CUT_CODECS_HPP
#define REELPIPE_STAGES_CUT_CODECS_HPP

#include <string>

#include "media/av.hpp"
#include "media/error.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// Throws media::error where there is none.
av::codec open_decoder(const AVStream&, const options&);

// As people call the codec; of one that libav does not know, what the container calls it.
std::string codec_name(const AVCodecParameters&);

// The fault of the media that a decoder's error shows: damage, or a kind that the decoder was not made for.
media::fault fault_of(int code);

// Returns libav's answer. Throws encode_error with libav's text if the answer is an error.
int guard(int code, const char* doing);

// libx264, with the settings that the ffmpeg program takes from the first frame, so that it writes the same headers.
av::codec open_h264_encoder(const AVFrame& first, AVRational pixel_shape, AVRational frame_rate, const options&);

}  // namespace reelpipe::cut

#endif
