#ifndef REELPIPE_STAGES_VERIFY_SURVEY_HPP
#define REELPIPE_STAGES_VERIFY_SURVEY_HPP

#include "stages/verify/verify.hpp"

namespace reelpipe::verify {

// The file ends early: its index, or samples that it names, are not all there.
struct truncated_error : verify_error {
    using verify_error::verify_error;
};

// Reads every sample of a video of any container, made by anyone, and tries its first frame; with `decodable`, all of
// its frames and audio. Only what spoils a video is a fault: times that do not ascend, bytes that belong to no sample
// and the like are not, because players do not mind.
//
// Of the facts, `start`, `constant_rate` and `audio_duration` are not filled in; `frame` is how long one is shown on
// the average. Throws truncated_error; media::error for what is no video, and for what is broken or cannot be read;
// decode_error and verify_error; std::system_error when the file cannot be read at all.
facts survey(int descriptor, bool decodable);

}  // namespace reelpipe::verify

#endif
