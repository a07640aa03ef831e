#ifndef REELPIPE_STAGES_VERIFY_SMART_RULES_HPP
#define REELPIPE_STAGES_VERIFY_SMART_RULES_HPP

#include "media/partial_file.hpp"
#include "media/splice.hpp"

namespace reelpipe::verify {

// Checks the rules for a clip of copied and re-encoded frames, so that every reader sees it as it was planned, from its
// beginning and from each place where decoding may begin. Decoding from the front does not show most faults: a decoder
// that has seen everything forgives a lot.
//
// Throws verify_error, decode_error and media::error with the first rule that is broken.
void check_parts(const media::partial_file&, const media::splice& planned);

}  // namespace reelpipe::verify

#endif
