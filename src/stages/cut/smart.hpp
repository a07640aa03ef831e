#ifndef REELPIPE_STAGES_CUT_SMART_HPP
#define REELPIPE_STAGES_CUT_SMART_HPP

#include <stop_token>

#include "reelpipe/clip.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// Writes [start, end) of an H.264 video as an MP4 file to `output`, a new and empty file. Frames are copied from the
// first IDR frame of the segment on; those in front of it are encoded again, and so are the few at the end that could
// not be shown without what is decoded with them and shown later. The clip holds exactly the frames of the source that
// are shown in the segment, at the source's distances, the first one at 0, and nothing is hidden in it. Audio is as
// encode() has it, from the first frame on.
//
// Where it is not certain that this is right, all of the segment is encoded, by encode(); the result says why. Throws
// as encode() does.
result smart_cut(const input&, segment wanted, int output, const options&, std::stop_token = {});

}  // namespace reelpipe::cut

#endif
