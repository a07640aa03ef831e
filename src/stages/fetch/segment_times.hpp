#ifndef REELPIPE_STAGES_FETCH_SEGMENT_TIMES_HPP
#define REELPIPE_STAGES_FETCH_SEGMENT_TIMES_HPP

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

#include "stages/fetch/playlist.hpp"

namespace reelpipe::fetch {

// When the segments of a playlist begin. Its durations are rounded, and their sum drifts away from the media: it says
// where to look for a clip, and the timestamps inside of the segments say what has been found.
class segment_times {
public:
    // The first segment of those that share a clock with this one. What it begins with is the zero of that clock.
    static std::size_t first_of_timeline(const media_playlist&, std::size_t number);

    // The time on the media's own clock when such a first segment begins; empty while it is not known.
    std::optional<std::chrono::microseconds> zero(std::size_t timeline) const;
    void learn_zero(std::size_t timeline, std::chrono::microseconds time);

    // Segment `number` begins then, counted from the beginning of its timeline. Corrects the begins and ends in the
    // list: between two known segments, and behind the last one, durations are taken to be wrong by the same share.
    // Throws as check_time().
    void learn(media_playlist&, std::size_t number, std::chrono::microseconds time);

private:
    std::map<std::size_t, std::chrono::microseconds> zeros_;
    std::map<std::size_t, std::map<std::size_t, std::chrono::microseconds>> known_;  // by timeline, then by number
};

// That the segments before `number`, in the timeline of `one`, last as long as it takes them by their timestamps, as
// far as durations are rounded. Throws media::error.
void check_time(const media_playlist&, std::size_t one, std::size_t number, std::chrono::microseconds time);

// Throws media::error where nobody can say when the timeline of a segment begins: behind others with rounded
// durations.
void check_begin_of_timeline(const media_playlist&, std::size_t number);

// When a playlist is over at the latest, however its durations are rounded.
std::chrono::microseconds latest_end(const media_playlist&);

}  // namespace reelpipe::fetch

#endif
