#ifndef REELPIPE_MEDIA_SPAN_PLAN_HPP
#define REELPIPE_MEDIA_SPAN_PLAN_HPP

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "media/demuxer.hpp"
#include "media/partial_file.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe::media {

struct span_plan {
    // The ranges to fetch next: ascending, disjoint, none of them held. Empty: all bytes for cutting the segments are
    // held.
    std::vector<byte_range> needed;
    bool complete = false;  // once that is held, nothing more will be needed
    bool index_known = false;
    std::string container{};        // as people call it; empty until it is known
    std::uint64_t index_bytes = 0;  // of what leads to the samples, as far as it is known
    std::uint64_t span_bytes = 0;   // of the samples that the segments take, held or not, as far as it is known
};

// Fetch what is needed, add it to `file.held`, ask again, until nothing is needed. The number of rounds is small where
// the container has an index: one or two for the index, one for the samples of all segments. Other containers are
// paged through, a piece a round.
//
// Throws media::error for files that cannot be cut, std::system_error where the file on disk cannot be read or a stop
// was requested. A segment beyond the end needs nothing; cutting it says so.
span_plan plan_spans(const partial_file& file, std::span<const segment> wanted,
                     stream_selection = stream_selection::audio_and_video, std::stop_token stop = {});

}  // namespace reelpipe::media

#endif
