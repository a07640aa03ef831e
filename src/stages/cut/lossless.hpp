#ifndef REELPIPE_STAGES_CUT_LOSSLESS_HPP
#define REELPIPE_STAGES_CUT_LOSSLESS_HPP

#include <stop_token>

#include "reelpipe/clip.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// Writes [start, end) of a video as an MP4 file to `output`, a new and empty file, without decoding anything: the
// packets from the key frame at or before the start on, as they are. What they hold outside of the segment is hidden by
// edit lists, so a reader that honours them sees exactly the source's frames of the segment, at the source's times,
// and its audio; one that ignores them sees up to a group of frames more in front and a few behind.
//
// Throws media::error for what is wrong with the source or cannot be put into MP4 as it is, media::missing_bytes,
// encode_error, and std::system_error when the file cannot be written or a stop was requested.
result copy(const input&, segment wanted, int output, const options& = {.mode = way::lossless}, std::stop_token = {});

}  // namespace reelpipe::cut

#endif
