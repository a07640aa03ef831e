#ifndef REELPIPE_FOLDER_STORED_CLIP_HPP
#define REELPIPE_FOLDER_STORED_CLIP_HPP

#include <chrono>
#include <string>
#include <string_view>

#include "ledger/ledger.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

// The ledger's record of a verified clip.
clip_record record_of(const verify::facts&, const store::file_signature&);

// Takes down that the clip lacks so much of what was asked for, after the word `what`; `why` may be empty. Less than
// players notice is nothing.
void note_length(clip_record&, std::string_view what, std::chrono::microseconds missing, std::string_view why);

// "Downloaded; copied 221 of 300 frames", or the reason why none was copied. Empty for clips that are not cut smartly.
std::string copy_note(std::string_view what, const clip_record&);

// The expectation that a file of another tool must meet to be the clip of a segment. It may be shorter: nobody knows
// where its video ends.
verify::expectation expectation_of(const segment&);

// The expectation that a file must meet to be the stored clip of the ledger.
verify::expectation expectation_of(const clip_record&);

// The rest of the comparison, after that with the expectation: streams and bytes. Two clips of one length differ in
// these. Throws verify::verify_error.
void check_same(const verify::facts&, const clip_record&);

}  // namespace reelpipe

#endif
