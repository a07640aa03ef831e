#ifndef REELPIPE_MEDIA_LIMITS_HPP
#define REELPIPE_MEDIA_LIMITS_HPP

#include <cstddef>
#include <cstdint>

#include "media/av.hpp"

// Upper bounds that no real video reaches; larger claims are refused. They bound memory and time, because a few bytes
// of an index can name any number of samples.
namespace reelpipe::media {

inline constexpr std::int64_t largest_frame = 8192 * 8192;  // pixels
inline constexpr int most_streams = 64;
inline constexpr std::uint64_t most_samples = 8'000'000;  // that an index names; a day at 60 frames a second has 5.2
inline constexpr std::uint64_t most_edits = 1000;         // of one track
inline constexpr std::size_t most_places = 50'000;  // between which the samples of the wanted segments are scattered
inline constexpr std::uint64_t most_boxes = 1'000'000;  // beside each other; a fragment takes two
inline constexpr int most_frames_a_second = 1000;       // what libav takes Matroska's milliseconds for

// True if a sample may have this time: clocks that began in 1970 are fine, and sums do not overflow.
inline bool is_time(std::int64_t time, AVRational time_base)
{
    constexpr std::int64_t most_ticks = std::int64_t{1} << 61, most_microseconds = 200LL * 366 * 86400 * 1'000'000;
    if (time < -most_ticks || time > most_ticks) return false;
    const std::int64_t microseconds = av_rescale_q(time, time_base, av::microsecond);
    return microseconds > -most_microseconds && microseconds < most_microseconds;
}

}  // namespace reelpipe::media

#endif
