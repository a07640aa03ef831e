#include "stages/fetch/media_probe.hpp"

#include <algorithm>
#include <cmath>

namespace reelpipe::fetch {

using namespace std::chrono_literals;

namespace {

// MPEG-TS counts 33 bits of 90000 a second and begins anew after 26 hours.
constexpr std::chrono::microseconds round_of_ts{(std::int64_t{1} << 33) * 100 / 9};
constexpr std::chrono::microseconds audio_step{250ms};

// When the media begin, along the playlist.
std::chrono::microseconds begin_of(const media::time_span& span, const playlist_clock& clock)
{
    const auto begin = clock.begin + span.first - clock.zero;
    if (span.container != "MPEG-TS") return begin;
    const auto rounds = static_cast<double>((clock.guess - begin).count()) / static_cast<double>(round_of_ts.count());
    return begin + round_of_ts * std::llround(rounds);
}

// Reads a clip as it will be cut, from further and further in front where its audio begins late.
media::audio_coverage find_audio(media::partial_file& view, const media::time_span& span, const segment& wanted,
                                 media::stream_selection kind, const std::stop_token& stop)
{
    const auto look = [&] {
        media::demuxer input(view, stop, media::edit_list_mode::applied, kind);
        return media::audio_coverage_in(input, wanted);
    };
    const auto in_front = wanted.start + *view.origin - span.first;
    media::audio_coverage found = look();
    while (found.begins_late && kind == media::stream_selection::audio_and_video && view.audio_ahead < in_front) {
        view.audio_ahead = std::max(audio_step, 2 * view.audio_ahead);
        found = look();
    }
    if (found.begins_late) view.audio_ahead = {};
    return found;
}

}  // namespace

segment_run_info probe_segment_run(media::partial_file view, const std::optional<playlist_clock>& clock,
                                   const segment& wanted, media::stream_selection kind, const std::stop_token& stop)
{
    if (!clock) return {.span = media::begin_of(view, kind, stop)};
    segment_run_info found{.span = media::time_span_of(view, kind, stop)};
    view.origin = found.span.first - begin_of(found.span, *clock);
    found.audio = find_audio(view, found.span, wanted, kind, stop);
    found.origin = *view.origin;
    found.audio_ahead = view.audio_ahead;
    return found;
}

}  // namespace reelpipe::fetch
