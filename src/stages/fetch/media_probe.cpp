#include "stages/fetch/media_probe.hpp"

#include <algorithm>

namespace reelpipe::fetch {

using namespace std::chrono_literals;

namespace {

// Streams of one video share a clock; where they seem to be further apart than this, they do not.
constexpr std::chrono::microseconds farthest_apart{1s};
constexpr std::chrono::microseconds audio_step{250ms};

// The one that the frames have, unless it cannot be the same.
void set_clock(media::partial_file& view, std::chrono::microseconds own)
{
    if (!view.origin || std::chrono::abs(own - *view.origin) >= farthest_apart) view.origin = own;
}

// Reads a clip as it will be cut, from further and further in front where its audio begins late.
media::heard find_audio(media::partial_file& view, const media::time_span& span, const segment& wanted,
                        media::tracks kind, const std::stop_token& stop)
{
    const auto look = [&] {
        media::demuxer input(view, stop, media::edits::applied, kind);
        return media::heard_in(input, wanted);
    };
    const auto in_front = wanted.start + *view.origin - span.first;
    media::heard found = look();
    while (found.begins_late && kind == media::tracks::video && view.audio_ahead < in_front) {
        view.audio_ahead = std::max(audio_step, 2 * view.audio_ahead);
        found = look();
    }
    if (found.begins_late) view.audio_ahead = {};
    return found;
}

}  // namespace

run_look look_at_run(media::partial_file view, std::chrono::microseconds begin, const segment& wanted,
                     media::tracks kind, const std::stop_token& stop)
{
    run_look found{.span = media::time_span_of(view, kind, stop)};
    set_clock(view, found.span.first - begin);
    found.audio = find_audio(view, found.span, wanted, kind, stop);
    found.origin = *view.origin;
    found.audio_ahead = view.audio_ahead;
    return found;
}

}  // namespace reelpipe::fetch
