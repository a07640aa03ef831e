#ifndef REELPIPE_STAGES_CUT_STILL_HPP
#define REELPIPE_STAGES_CUT_STILL_HPP

#include <chrono>
#include <string>

#include "media/partial_file.hpp"

namespace reelpipe::cut {

// A small image of one frame.
struct still {
    int width = 0, height = 0;
    std::string jpeg{};  // in base64, as pages embed it
};

// The first frame that is shown from the last key frame at or before `at` on, upright, with a shorter side of
// `short_side` pixels. Frames that are much longer than wide are refused. Throws media::error, media::missing_bytes
// and encode_error.
still take_still(const media::partial_file&, std::chrono::microseconds at, int short_side);

}  // namespace reelpipe::cut

#endif
