#include "stages/cut/frame_clock.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using reelpipe::cut::frame_clock;
using reelpipe::cut::in_ticks;

namespace {

// The frame that is shown on each tick, by its place in `times`: the frame that lasts to the next one's time.
std::string shown(frame_clock::beginning how, const std::vector<double>& times)
{
    frame_clock clock(how);
    std::string ticks;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const frame_clock::showing s = clock.next(times[i], 1);
        if (ticks.empty()) ticks.assign(static_cast<std::size_t>(s.tick), '-');
        for (std::int64_t n = 0; n < s.times; ++n)
            ticks += static_cast<char>('a' + (n < s.of_previous && i > 0 ? i - 1 : i));
    }
    return ticks;
}

}  // namespace

// The rows are what the ffmpeg program makes of such times.
TEST_CASE("frames are put on the ticks of a constant rate", "[frame_clock]")
{
    struct row {
        std::string why;
        std::vector<double> times;
        std::string ticks;
    };
    const std::vector<row> rows{
        {"even", {0, 1, 2, 3}, "abcd"},
        {"jitter of less than half a tick", {0, 1.4, 1.7, 3.2}, "abcd"},
        {"a gap shows the frame before it again, and the one behind it early", {0, 1, 4, 5}, "abbccd"},
        {"of frames that come too early, two find a place", {0, 0.1, 0.2, 0.3, 4}, "abcee"},
        {"a first frame that is late is shown from the beginning", {2, 3}, "aaab"},
    };
    for (const row& r : rows) {
        CAPTURE(r.why);
        CHECK(shown(frame_clock::beginning::at_zero, r.times) == r.ticks);
    }
}

TEST_CASE("a clip of video alone may begin late", "[frame_clock]")
{
    CHECK(shown(frame_clock::beginning::with_first_frame, {2, 3}) == "--ab");
    CHECK(shown(frame_clock::beginning::with_first_frame, {0.4, 1.4}) == "ab");
}

TEST_CASE("the last frame is repeated as the gaps before it were", "[frame_clock]")
{
    frame_clock even(frame_clock::beginning::at_zero);
    for (int i = 0; i < 4; ++i) even.next(i, 1);
    CHECK(even.at_the_end().times == 0);

    frame_clock halved(frame_clock::beginning::at_zero);
    for (int i = 0; i < 4; ++i) halved.next(2 * i, 2);
    const frame_clock::showing last = halved.at_the_end();
    CHECK(last.times == last.of_previous);
    CHECK(last.tick == 8);
}

TEST_CASE("a time is never just between two ticks", "[frame_clock]")
{
    constexpr AVRational milliseconds{1, 1000}, rate{25, 1};
    CHECK(in_ticks(0, milliseconds, rate) == 0);
    CHECK(in_ticks(20, milliseconds, rate) > 0.5);
    CHECK(in_ticks(-20, milliseconds, rate) < -0.5);
    CHECK(in_ticks(40'000, milliseconds, rate) == 1000 + 1.0 / (1 << 17));
}
