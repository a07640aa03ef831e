#include "stages/cut/frame_clock.hpp"

#include <algorithm>
#include <cmath>

namespace reelpipe::cut {

namespace {

// ffmpeg's own thresholds, in ticks.
constexpr double tolerance = 1.1;
constexpr double early = 0.6;

}  // namespace

frame_clock::showing frame_clock::next(double time, double duration)
{
    double ahead = time - static_cast<double>(tick_);
    const double end = ahead + duration;
    if (ahead < 0 && end > 0) ahead = 0;

    showing shown{.times = 1};
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

std::int64_t frame_clock::at_the_end() const
{
    auto sorted = gaps_;
    std::ranges::sort(sorted);
    return sorted[1];
}

}  // namespace reelpipe::cut
