#ifndef REELPIPE_STAGES_CUT_FRAME_CLOCK_HPP
#define REELPIPE_STAGES_CUT_FRAME_CLOCK_HPP

#include <array>
#include <cstdint>

#include "media/av.hpp"

namespace reelpipe::cut {

// A time in ticks of a frame rate, as the ffmpeg program counts it: finer than a tick, and never just between two.
double in_ticks(std::int64_t time, AVRational time_base, AVRational frame_rate);

// Puts frames on the ticks of a constant frame rate as the ffmpeg program does for MP4 (its -vsync cfr): a frame
// that comes too early is left out, one that leaves a gap is shown again.
class frame_clock {
public:
    // Where a video has a single stream, a first frame that comes late makes the clip begin late; else it is shown
    // from the beginning.
    enum class beginning : std::uint8_t { at_zero, with_first_frame };
    explicit frame_clock(beginning how) : begins_late_(how == beginning::with_first_frame) {}

    // The number of times to show a frame that is due at `time` and lasts `duration`, both in ticks; and how many of
    // these show the frame before it, to fill a gap.
    struct showing {
        std::int64_t tick = 0;  // of the first one
        std::int64_t times = 0;
        std::int64_t of_previous = 0;
    };
    showing next(double time, double duration);

    // At the end, the last frame is shown so often again.
    showing at_the_end() const;

private:
    bool begins_late_;
    std::int64_t tick_ = 0;
    std::array<std::int64_t, 3> gaps_{};  // filled before the last three frames
};

}  // namespace reelpipe::cut

#endif
