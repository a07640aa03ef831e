#ifndef REELPIPE_MEDIA_LIMITS_HPP
#define REELPIPE_MEDIA_LIMITS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "media/av.hpp"

// Upper bounds that no real video reaches; larger claims are refused. They bound memory and time, because a few bytes
// of an index can name any number of samples.
namespace reelpipe::media {

inline constexpr std::int64_t max_frame_pixels = 8192 * 8192;  // pixels
inline constexpr int max_streams = 64;
inline constexpr std::uint64_t max_samples = 8'000'000;  // that an index names; a day at 60 frames a second has 5.2
inline constexpr std::uint64_t max_edits = 1000;         // of one track
inline constexpr std::size_t max_sample_runs =
    50'000;                                            // between which the samples of the wanted segments are scattered
inline constexpr std::uint64_t max_boxes = 1'000'000;  // beside each other; a fragment takes two
inline constexpr int max_frames_per_second = 1000;     // what libav takes Matroska's milliseconds for
inline constexpr std::uint64_t max_listed_frames =
    1'000'000;  // of a clip, where each is told of: nine hours at 30 frames a second

// The frames that a clip of this length has at most, where each is told of.
inline std::uint64_t max_frames_in(std::chrono::microseconds length)
{
    const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(length).count();
    if (seconds < 0) return 0;
    const auto limit = static_cast<std::int64_t>(max_listed_frames) / max_frames_per_second;
    return static_cast<std::uint64_t>(std::min(seconds, limit)) * max_frames_per_second;
}

// True if a sample may have this time: clocks that began in 1970 are fine, and sums do not overflow.
inline bool is_time(std::int64_t time, AVRational time_base)
{
    constexpr std::int64_t max_ticks = std::int64_t{1} << 61, max_microseconds = 200LL * 366 * 86400 * 1'000'000;
    if (time < -max_ticks || time > max_ticks) return false;
    const std::int64_t microseconds = av_rescale_q(time, time_base, av::microsecond);
    return microseconds > -max_microseconds && microseconds < max_microseconds;
}

}  // namespace reelpipe::media

#endif
