#include "stages/cut/frame_clock.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

extern "C" {
#include <libavutil/common.h>
}

namespace reelpipe::cut {

namespace {

// ffmpeg's own thresholds, in ticks.
constexpr double tolerance = 1.1;
constexpr double early = 0.6;
constexpr double late = 0.5;
constexpr double nudge = 1.0 / (1 << 17);

}  // namespace

double in_ticks(std::int64_t time, AVRational time_base, AVRational frame_rate)
{
    AVRational tick = av_inv_q(frame_rate);
    const int extra_bits = std::clamp(29 - av_log2(static_cast<unsigned>(tick.den)), 0, 16);
    tick.den <<= extra_bits;
    const double exact = static_cast<double>(av_rescale_q(time, time_base, tick)) / (1 << extra_bits);
    return exact + (exact > 0 ? nudge : exact < 0 ? -nudge : 0);
}

frame_clock::showing frame_clock::next(double time, double duration)
{
    if (std::exchange(begins_late_, false) && time >= late) tick_ = std::llrint(time);
    double ahead = time - static_cast<double>(tick_);
    const double end = ahead + duration;
    if (ahead < 0 && end > 0) ahead = 0;

    showing shown{.tick = tick_, .times = 1};
    if (end < -tolerance) {
        shown.times = 0;
    } else if (end > tolerance) {
        shown.times = std::lrint(end);
        if (ahead > tolerance) shown.of_previous = std::llrint(ahead - early);
    }
    gaps_ = {shown.of_previous, gaps_[0], gaps_[1]};
    tick_ += shown.times;
    return shown;
}

frame_clock::showing frame_clock::at_the_end() const
{
    auto sorted = gaps_;
    std::ranges::sort(sorted);
    return {.tick = tick_, .times = sorted[1], .of_previous = sorted[1]};
}

}  // namespace reelpipe::cut
