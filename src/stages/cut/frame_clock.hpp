#ifndef REELPIPE_STAGES_CUT_FRAME_CLOCK_HPP
#define REELPIPE_STAGES_CUT_FRAME_CLOCK_HPP

#include <array>
#include <cstdint>

namespace reelpipe::cut {

// Puts pictures on the ticks of a constant frame rate as the ffmpeg program does for MP4 (its -vsync cfr): a picture
// that comes too early is left out, one that leaves a gap is shown again.
class frame_clock {
public:
    // How often a picture that is due at `time` and lasts `duration`, both in ticks, is to be shown; and how many of
    // those showings belong to the picture before it, because the gap was there.
    struct showing {
        std::int64_t times = 0;
        std::int64_t of_previous = 0;
    };
    showing next(double time, double duration);

    // At the end, the last picture is shown so often again.
    std::int64_t at_the_end() const;

    // The tick of the next showing.
    std::int64_t tick() const { return tick_; }

private:
    std::int64_t tick_ = 0;
    std::array<std::int64_t, 3> gaps_{};  // filled before the last three pictures
};

}  // namespace reelpipe::cut

#endif
