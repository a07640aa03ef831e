#ifndef REELPIPE_STAGES_FETCH_VIDEO_LOOKS_HPP
#define REELPIPE_STAGES_FETCH_VIDEO_LOOKS_HPP

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "media/partial_file.hpp"
#include "media/segment_reader.hpp"
#include "media/span_plan.hpp"
#include "media/time_span.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe::fetch {

// The clock of the media in a playlist, and where on it a few of the segments are likely to be.
struct playlist_clock {
    std::chrono::microseconds zero{};   // what the media show when this clock begins
    std::chrono::microseconds begin{};  // and when that is, along the playlist
    std::chrono::microseconds guess{};  // when the segments begin, along the playlist; for a clock that starts anew
};

// Facts that are read from the segments of a playlist which were fetched for a clip.
struct segment_run_info {
    media::time_span span{};
    std::chrono::microseconds origin{};       // the clip's 0, on their clock
    std::chrono::microseconds audio_ahead{};  // as media::partial_file has it
    media::audio_coverage audio{};
};

// Reads a file that is put together out of segments. Without a clock, as far as its first packet, of which the time and
// the container are given. Throws as media::demuxer does.
segment_run_info probe_segment_run(media::partial_file view, const std::optional<playlist_clock>&,
                                   const segment& wanted, media::stream_selection, const std::stop_token& = {});

// All that fetching asks libav about videos, which are a stranger's. Another way to answer may be put in its place, for
// example in a process that may die of it; media::process_died from there costs the video, or the clip of a playlist.
// Called on the threads of the planners.
struct media_probe {
    std::function<media::span_plan(const media::partial_file&, const std::vector<segment>&, media::stream_selection)>
        plan = [](const media::partial_file& file, const std::vector<segment>& wanted, media::stream_selection kind) {
            return media::plan_spans(file, wanted, kind);
        };
    std::function<segment_run_info(const media::partial_file&, const std::optional<playlist_clock>&, const segment&,
                                   media::stream_selection)>
        run = [](const media::partial_file& view, const std::optional<playlist_clock>& clock, const segment& wanted,
                 media::stream_selection kind) { return probe_segment_run(view, clock, wanted, kind); };
};

}  // namespace reelpipe::fetch

#endif
