#ifndef REELPIPE_STAGES_VERIFY_SAMPLE_TABLES_HPP
#define REELPIPE_STAGES_VERIFY_SAMPLE_TABLES_HPP

#include <cstdint>
#include <set>

#include "media/partial_file.hpp"

namespace reelpipe::verify {

// Throws verify_error if a track has a table of display times (`ctts`) that has not one entry for every sample: libav
// makes do with more or fewer, and shows frames out of order.
void check_reordering(const media::partial_file&);

// How long the samples of each track last, in ticks of the track: the sums of `stts`. Throws verify_error if a table
// ends early.
std::set<std::int64_t> lengths_of_samples(const media::partial_file&);

}  // namespace reelpipe::verify

#endif
