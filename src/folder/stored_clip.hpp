#ifndef REELPIPE_FOLDER_STORED_CLIP_HPP
#define REELPIPE_FOLDER_STORED_CLIP_HPP

#include "ledger/ledger.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

// What the ledger keeps of a clip that was verified.
clip_record record_of(const verify::facts&, const store::stamp&);

// What a file has to be, to be the stored clip that the ledger remembers.
verify::expectation expectation_of(const clip_record&);

// The rest of the comparison, after that with the expectation: streams and bytes. Two clips of one length differ in
// these. Throws verify::verify_error.
void check_same(const verify::facts&, const clip_record&);

}  // namespace reelpipe

#endif
