#include "stages/fetch/segment_times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "media/error.hpp"

namespace reelpipe::fetch {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

// A duration that was cut down to whole seconds lacks almost one. Where there are decimals, encoders and packagers
// still disagree a little.
constexpr microseconds max_rounding{1s}, max_slip{100ms};
// Begins that are this near are the same.
constexpr microseconds close_enough{2'000};

// Along the durations in the playlist alone: when each segment of a timeline begins, and when the last one ends.
std::vector<microseconds> listed_begins(const media_playlist& list, std::size_t first)
{
    const std::size_t timeline = list.segments[first].timeline;
    std::vector<microseconds> begins{microseconds{}};
    for (std::size_t n = first; n < list.segments.size() && list.segments[n].timeline == timeline; ++n)
        begins.push_back(begins.back() + list.segments[n].length);
    return begins;
}

microseconds max_drift(std::span<const hls_segment> of)
{
    microseconds sum = max_rounding;
    for (const hls_segment& each : of) sum += each.is_rounded ? max_rounding : max_slip;
    return sum;
}

microseconds scaled(microseconds time, microseconds from, microseconds to)
{
    if (from <= 0us) return {};
    return microseconds(
        static_cast<std::int64_t>(static_cast<double>(time.count()) * in_seconds(to) / in_seconds(from)));
}

}  // namespace

std::size_t segment_times::first_of_timeline(const media_playlist& list, std::size_t number)
{
    const auto& all = list.segments;
    return static_cast<std::size_t>(std::ranges::lower_bound(all, all[number].timeline, {}, &hls_segment::timeline) -
                                    all.begin());
}

std::optional<microseconds> segment_times::zero(std::size_t timeline) const
{
    const auto found = zeros_.find(timeline);
    return found == zeros_.end() ? std::nullopt : std::optional(found->second);
}

void segment_times::learn_zero(std::size_t timeline, microseconds time) { zeros_.emplace(timeline, time); }

void segment_times::learn(media_playlist& list, std::size_t number, microseconds time)
{
    check_time(list, number, number, time);
    auto& all = list.segments;
    const std::size_t timeline = all[number].timeline;
    const std::size_t first = first_of_timeline(list, number);
    const std::vector<microseconds> listed = listed_begins(list, first);

    auto& known = known_[timeline];
    known.emplace(first, 0us);
    if (number != first) known.insert_or_assign(number, time);
    const microseconds start = all[first].begin;
    const std::size_t last = first + listed.size() - 1;
    if (std::chrono::abs(start + time - all[number].begin) < close_enough) return;

    const auto begin_of = [&](std::size_t n) {
        const auto behind = known.upper_bound(n);
        const auto [at, known_time] = *std::prev(behind);
        const microseconds further = listed[n - first] - listed[at - first];
        if (behind != known.end())
            return known_time +
                   scaled(further, listed[behind->first - first] - listed[at - first], behind->second - known_time);
        return known_time + (at == first ? further : scaled(further, listed[at - first], known_time));
    };
    microseconds begin = start;
    for (std::size_t n = first; n < last; ++n) {
        all[n].begin = begin;
        begin = std::max(begin, start + begin_of(n + 1));
        all[n].end = begin;
    }
    const microseconds moved = last < all.size() ? begin - all[last].begin : 0us;
    for (std::size_t n = last; n < all.size(); ++n) {
        all[n].begin += moved;
        all[n].end += moved;
    }
}

void check_time(const media_playlist& list, std::size_t one, std::size_t number, microseconds time)
{
    const std::size_t first = segment_times::first_of_timeline(list, one);
    const auto before = std::span(list.segments).subspan(first, number - first);
    microseconds listed{};
    for (const hls_segment& each : before) listed += each.length;
    if (std::chrono::abs(time - listed) > max_drift(before))
        throw media::error(
            media::fault::unsupported,
            fmt::format("the playlist and the media in it disagree: the first {} segments take {:.1f} s by their "
                        "durations and {:.1f} s by their timestamps",
                        number - first, in_seconds(listed), in_seconds(time)));
}

void check_begin_of_timeline(const media_playlist& list, std::size_t number)
{
    const auto before = std::span(list.segments).first(segment_times::first_of_timeline(list, number));
    if (std::ranges::any_of(before, &hls_segment::is_rounded))
        throw media::error(media::fault::unsupported,
                           "the clip lies behind a discontinuity of the playlist, and the durations in front of it are "
                           "rounded, so its start is unknown");
}

microseconds latest_end(const media_playlist& list) { return list.segments.back().end + max_drift(list.segments); }

}  // namespace reelpipe::fetch
