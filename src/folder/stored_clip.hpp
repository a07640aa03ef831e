#ifndef REELPIPE_FOLDER_STORED_CLIP_HPP
#define REELPIPE_FOLDER_STORED_CLIP_HPP

#include <chrono>
#include <string>
#include <string_view>

#include "ledger/ledger.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

// What the ledger keeps of a clip that was verified.
clip_record record_of(const verify::facts&, const store::stamp&);

// "Downloaded; 2.50 s shorter than asked for, the video ends there", where so much of the segment is missing. Empty
// where nothing is missing, or no more than the rounding to whole frames.
std::string length_note(std::string_view what, std::chrono::microseconds missing);

// "Downloaded; copied 221 of 300 frames", or why none was. Empty for a clip that was not to be cut smartly.
std::string copy_note(std::string_view what, const clip_record&);

// What a file has to be, to be the stored clip that the ledger remembers.
verify::expectation expectation_of(const clip_record&);

// The rest of the comparison, after that with the expectation: streams and bytes. Two clips of one length differ in
// these. Throws verify::verify_error.
void check_same(const verify::facts&, const clip_record&);

}  // namespace reelpipe

#endif
