#include "stages/fetch/hls.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "media/error.hpp"
#include "reelpipe/pipeline/offload.hpp"
#include "stages/fetch/playlist_texts.hpp"
#include "stages/fetch/scan.hpp"
#include "stages/fetch/sibling.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t max_segment_bytes = 1u << 30;  // places in the temporary file are so far apart; holes are free
constexpr std::size_t max_extra_segments = 8;          // more than a clip overlaps, where no key frame is near
constexpr unsigned max_looks = 24;                     // segments, for one clip, where the durations are wrong
constexpr std::uint64_t min_segment_head = 64u << 10;  // of a first segment, to see when it begins
// Streams of one video share a clock; where they seem to be further apart than this, they do not.
constexpr std::chrono::microseconds farthest_apart{1s};
// Frames that are missing for less than this are the rounding of durations.
constexpr std::chrono::microseconds frame_rounding{10'000};

// True if segments held of one are good for the other: after a URL expires, the same video comes with other addresses.
bool same_video(const media_playlist& a, const media_playlist& b)
{
    const auto alike = [](const hls_segment& x, const hls_segment& y) {
        return x.length == y.length && x.media.part == y.media.part && x.timeline == y.timeline;
    };
    return std::ranges::equal(a.segments, b.segments, alike) && a.headers.size() == b.headers.size();
}

bool is_held(const held_stream& stream, segment_run run)
{
    const auto whole = [](const held_file& file) {
        const auto extent = file.extent();
        return extent && file.missing(*extent).empty();
    };
    for (std::size_t n = run.first; n < run.last; ++n) {
        if (!whole(stream.segments.at(n))) return false;
        if (const auto header = stream.list.segments[n].header; header && !whole(stream.headers.at(*header)))
            return false;
    }
    return true;
}

// As long as the playlist may be, with its durations rounded.
segment_run first_guess(const media_playlist& list, const segment& wanted)
{
    const bool may_be_there = wanted.start < latest_end(list);
    const segment_run last{list.segments.size() - 1, list.segments.size()};
    if (may_be_there && wanted.start >= list.segments.back().end && !list.segments.back().is_gap) return last;
    return segments_of(list, wanted);
}

// True if `behind` can be read right after `before`.
bool go_together(const hls_segment& before, const hls_segment& behind)
{
    return !before.is_gap && !behind.is_gap && before.timeline == behind.timeline && before.header == behind.header;
}

media_playlist& segments_in(playlist& list)
{
    if (auto* found = std::get_if<media_playlist>(&list)) return *found;
    throw playlist_error(playlist_error::kind::unsupported, "a list of variants inside of a list of variants");
}

}  // namespace

hls_fetch::hls_fetch(transfer_context with, const asio::any_io_executor& planners, held_playlists& held)
    : with_(std::move(with)), planners_(planners), held_(held)
{
}

asio::awaitable<fetched> hls_fetch::fetch(media_source source, std::vector<segment> wanted)
{
    co_await read_playlists(source);
    for (unsigned doubts = 0;; ++doubts) {
        std::vector<clip> clips = first_guesses(wanted);
        co_await complete(clips);
        const std::optional<network_error> broken_off = doubt_segments();
        if (!broken_off) co_return fetched_of(clips);
        if (doubts == max_doubts) throw *broken_off;
    }
}

std::vector<hls_fetch::clip> hls_fetch::first_guesses(const std::vector<segment>& wanted) const
{
    std::vector<clip> clips;
    for (const segment& each : wanted) {
        clip& next = clips.emplace_back();
        next.wanted = each;
        try {
            for (const held_stream& stream : held_.streams)
                next.parts.push_back({.run = first_guess(stream.list, each)});
        } catch (const media::error&) {
            next.error = std::current_exception();
        }
    }
    return clips;
}

// Fetches and looks in turn, until all segments of playlists that the clips take are there.
asio::awaitable<void> hls_fetch::complete(std::vector<clip>& clips)
{
    for (;;) {
        std::vector<file_range> pieces = missing(clips);
        if (!pieces.empty()) {
            ++with_.counts.rounds;
            co_await fetch_ranges(with_, std::move(pieces));
        }
        bool is_complete = true;
        for (clip& each : clips) {
            co_await look_at(each);
            is_complete = is_complete && (each.error || std::ranges::all_of(each.parts, &part::is_complete));
        }
        if (is_complete) co_return;
    }
}

// Frames that a segment lost at its end are not missed by whoever reads it. Nothing if none is in doubt.
std::optional<network_error> hls_fetch::doubt_segments()
{
    std::optional<network_error> broken_off;
    for (held_stream& stream : held_.streams)
        for (auto* files : {&stream.headers, &stream.segments})
            for (auto& [number, file] : *files)
                if (file.is_doubtful()) broken_off.emplace(file.doubt());
    return broken_off;
}

asio::awaitable<void> hls_fetch::read_playlists(const media_source& source)
{
    std::vector<remote_file> asked;
    std::vector<std::string> urls;
    for (const media_file& each : source.files) {
        asked.push_back(std::get<hls_playlist>(each).playlist);
        urls.push_back(asked.back().url);
    }
    if (!held_.streams.empty() && held_.urls == urls) co_return;

    std::vector<playlist> lists = co_await fetch::read_playlists(with_, asked, held_.text_bytes);
    if (lists.size() == 1 && std::holds_alternative<master_playlist>(lists.front())) {
        const master_playlist offer = std::get<master_playlist>(std::move(lists.front()));
        const hls_variant& variant = choose_variant(offer, with_.options.max_height);
        const hls_audio* const audio = choose_audio(offer, variant);
        const remote_file site = asked.front();
        asked = {sibling(site, variant.url)};
        if (audio) asked.push_back(sibling(site, audio->url));
        lists = co_await fetch::read_playlists(with_, asked, held_.text_bytes);
    }
    std::vector<held_stream> streams;
    for (std::size_t i = 0; i < lists.size(); ++i)
        streams.push_back({.from = std::move(asked[i]), .list = std::move(segments_in(lists[i]))});
    adopt(std::move(streams));
    held_.urls = std::move(urls);
}

void hls_fetch::adopt(std::vector<held_stream> streams)
{
    const auto alike = [](const held_stream& a, const held_stream& b) { return same_video(a.list, b.list); };
    const bool goes_on = std::ranges::equal(held_.streams, streams, alike);
    for (std::size_t i = 0; goes_on && i < streams.size(); ++i) {
        held_stream& before = held_.streams[i];
        streams[i].segments = std::move(before.segments);
        streams[i].headers = std::move(before.headers);
        streams[i].times = std::move(before.times);
        streams[i].heads = std::move(before.heads);
        for (std::size_t n = 0; n < before.list.segments.size(); ++n) {
            streams[i].list.segments[n].begin = before.list.segments[n].begin;
            streams[i].list.segments[n].end = before.list.segments[n].end;
        }
    }
    held_.streams = std::move(streams);
}

held_file& hls_fetch::resource(held_stream& stream, std::map<std::size_t, held_file>& of, std::size_t number,
                               const hls_resource& what)
{
    held_file& file = of[number];
    file.from = sibling(stream.from, what.url);
    if (what.part) file.part = *what.part;
    if (file.bytes) return file;
    if (!held_.store) held_.store = sparse_file::in(with_.options.folder, with_.disk);
    file.bytes = held_.store;
    file.room = max_segment_bytes;
    file.place = std::exchange(held_.next_place, held_.next_place + max_segment_bytes);
    return file;
}

std::vector<file_range> hls_fetch::missing(const std::vector<clip>& clips)
{
    std::vector<file_range> pieces;
    std::set<const held_file*> named;
    const auto add = [&](held_file& file, std::uint64_t most) {
        if (!named.insert(&file).second) return;
        media::byte_range whole = file.extent().value_or(file.part);
        // How long a segment is shows with its first bytes; most are shorter than one request may be.
        if (!file.identity.size) whole.end = std::min(whole.end, whole.begin + file.from.max_range);
        if (whole.size() > most) whole.end = whole.begin + most;
        for (const media::byte_range& gap : file.missing(whole)) pieces.push_back({&file, gap});
    };
    const auto add_segment = [&](held_stream& stream, std::size_t n, std::uint64_t most) {
        const hls_segment& wanted = stream.list.segments[n];
        if (wanted.header)
            add(resource(stream, stream.headers, *wanted.header, stream.list.headers[*wanted.header]), unlimited);
        add(resource(stream, stream.segments, n, wanted.media), most);
    };
    const auto for_each_part = [&](auto what) {
        for (const clip& each : clips)
            for (std::size_t i = 0; !each.error && i < each.parts.size(); ++i) what(held_.streams[i], each.parts[i]);
    };
    for_each_part([&](held_stream& stream, const part& of) {
        for (std::size_t n = of.run.first; n < of.run.last; ++n) add_segment(stream, n, unlimited);
    });
    for_each_part([&](held_stream& stream, const part& of) {
        const std::size_t timeline = stream.list.segments[of.run.first].timeline;
        const std::size_t first = segment_times::first_of_timeline(stream.list, of.run.first);
        if (!stream.times.zero(timeline))
            add_segment(stream, first, stream.heads.try_emplace(timeline, min_segment_head).first->second);
    });
    return pieces;
}

asio::awaitable<segment_run_info> hls_fetch::look(media::partial_file view, std::optional<playlist_clock> clock,
                                                  segment wanted, media::stream_selection kind) const
{
    auto job = [this, &view, &clock, &wanted, kind] { return with_.options.looks.run(view, clock, wanted, kind); };
    const segment_run_info found = co_await reelpipe::offload(planners_, job);
    co_return found;
}

// Checks that the segments have what the durations in the playlist promise, and finds the clip's clock.
asio::awaitable<void> hls_fetch::look_at(clip& each)
{
    for (std::size_t i = 0; i < each.parts.size() && !each.error; ++i) {
        try {
            co_await look_at_head(i, each.parts[i].run.first);
            co_await look_at_run_of(each, i);
        } catch (const media::error&) {
            each.error = std::current_exception();
        } catch (const media::process_died&) {
            each.error = std::current_exception();
        }
    }
}

// When the timeline of a segment begins, by its first segment, of which more is asked for where that is not in what is
// held.
asio::awaitable<void> hls_fetch::look_at_head(std::size_t i, std::size_t number)
{
    held_stream& stream = held_.streams[i];
    const std::size_t timeline = stream.list.segments[number].timeline;
    if (stream.times.zero(timeline)) co_return;
    check_begin_of_timeline(stream.list, number);
    const std::size_t first = segment_times::first_of_timeline(stream.list, number);
    std::uint64_t& head = stream.heads[timeline];
    const held_file& file = stream.segments.at(first);
    if (!file.identity.size || !file.missing({file.part.begin, file.part.begin + head}).empty()) co_return;
    const media::partial_file view = head_view_of(stream, first, head);
    const bool is_whole = is_held(stream, {first, first + 1});
    const media::stream_selection kind =
        i == 0 ? media::stream_selection::audio_and_video : media::stream_selection::audio_only;
    constexpr segment nowhere{};  // the first frame counts, whatever is wanted
    try {
        const segment_run_info seen = co_await look(view, std::nullopt, nowhere, kind);
        stream.times.learn_zero(timeline, seen.span.first);
    } catch (const media::error&) {
        if (is_whole) throw;
        head *= 4;
    }
}

// Counted along the video's own stream, unless the audio has a clock of its own.
std::optional<playlist_clock> hls_fetch::clock_of(const part& of, std::size_t i) const
{
    const hls_segment& first = held_.streams[i].list.segments[of.run.first];
    const std::size_t begin = segment_times::first_of_timeline(held_.streams[i].list, of.run.first);
    const auto own = held_.streams[i].times.zero(first.timeline);
    const auto leading = held_.streams.front().times.zero(first.timeline);
    if (!own || !leading) return std::nullopt;
    const bool is_shared = std::chrono::abs(*own - *leading) < farthest_apart;
    return playlist_clock{.zero = is_shared ? *leading : *own,
                          .begin = held_.streams[i].list.segments[begin].begin,
                          .guess = first.begin};
}

asio::awaitable<void> hls_fetch::look_at_run_of(clip& each, std::size_t i)
{
    held_stream& stream = held_.streams[i];
    part& next = each.parts[i];
    if (i > 0 && !each.parts.front().is_complete) co_return;  // the frames have the clock
    const std::optional<playlist_clock> clock = clock_of(next, i);
    if (next.is_complete || !clock || !is_held(stream, next.run)) co_return;
    next.view = view_of(stream, next.run);
    const media::stream_selection kind =
        i == 0 ? media::stream_selection::audio_and_video : media::stream_selection::audio_only;
    next.seen = co_await look(next.view, clock, each.wanted, kind);
    next.view.origin = next.seen.origin;
    next.view.audio_ahead = next.seen.audio_ahead;
    const auto since_begin = [&](std::chrono::microseconds time) { return time - next.seen.origin - clock->begin; };
    stream.times.learn(stream.list, next.run.first, since_begin(next.seen.span.first));
    check_time(stream.list, next.run.first, next.run.last, since_begin(next.seen.span.end));
    next.is_complete = !extend(stream, kind, each.wanted, next);
}

// True if other segments are needed: those that hold the clip, once it is known when the ones at hand begin; the one
// before if decoding cannot begin in them; the one behind if their frames end too early.
bool hls_fetch::extend(held_stream& stream, media::stream_selection kind, const segment& wanted, part& of)
{
    const auto& all = stream.list.segments;
    const auto start = wanted.start + *of.view.origin, end = wanted.end + *of.view.origin;
    const bool begins_late = of.seen.span.first > start + frame_rounding;
    const bool can_begin = kind == media::stream_selection::audio_only
                               ? !begins_late
                               : of.seen.span.first_key && *of.seen.span.first_key <= start + frame_rounding;
    const bool has_end = of.seen.span.end + frame_rounding >= end;
    const auto follow = [&all](std::size_t before) {
        return before > 0 && before < all.size() && go_together(all[before - 1], all[before]);
    };
    if (++of.looks > max_looks)
        throw media::error(media::fault::unsupported, "the playlist and the media in it disagree about the time");

    const segment_run asked = first_guess(stream.list, wanted);
    if (of.seen.span.end <= start && follow(of.run.last)) {
        const std::size_t first = std::max(asked.first, of.run.last);
        of.run = {first, std::max(asked.last, first + 1)};
        return true;
    }
    if (!can_begin && follow(of.run.first)) {
        if (begins_late && asked.first < of.run.first) {
            of.run = asked;
            return true;
        }
        if (asked.first < of.run.first + max_extra_segments) {
            --of.run.first;
            return true;
        }
    }
    if (!has_end && follow(of.run.last) && of.run.last < asked.last + max_extra_segments) {
        of.run.last = std::max(of.run.last + 1, std::min(asked.last, all.size()));
        return true;
    }
    const bool may_begin_late = of.run.first == 0 || kind == media::stream_selection::audio_only;
    const bool may_end_early = of.run.last == all.size() || kind == media::stream_selection::audio_only;
    if ((begins_late && !may_begin_late) || (!has_end && !may_end_early))
        throw media::error(media::fault::unsupported, "the clip overlaps a discontinuity or a gap of the playlist");
    return extend_for_audio(all, of);
}

// Audio is not cut where the frames are: what is missing of it may be in a neighbour, and is nowhere else.
bool hls_fetch::extend_for_audio(const std::vector<hls_segment>& all, part& of)
{
    bool extended = false;
    if (of.seen.audio.begins_late && !std::exchange(of.asked_before, true) && of.run.first > 0 &&
        go_together(all[of.run.first - 1], all[of.run.first])) {
        --of.run.first;
        extended = true;
    }
    if (of.seen.audio.ends_early && !std::exchange(of.asked_behind, true) && of.run.last < all.size() &&
        go_together(all[of.run.last - 1], all[of.run.last])) {
        ++of.run.last;
        extended = true;
    }
    return extended;
}

// A file that ends where its beginning does.
media::partial_file hls_fetch::head_view_of(const held_stream& stream, std::size_t segment, std::uint64_t bytes) const
{
    media::partial_file view = view_of(stream, {segment, segment});
    const held_file& file = stream.segments.at(segment);
    const media::byte_range whole = file.extent().value_or(media::byte_range{});
    const std::uint64_t size = std::min(whole.size(), bytes);
    view.extents.push_back({.bytes = {view.size, view.size + size}, .place = file.place});
    view.held.add({view.size, view.size + size});
    view.size += size;
    return view;
}

// The header, if there is one, and the segments, one behind the other.
media::partial_file hls_fetch::view_of(const held_stream& stream, segment_run run) const
{
    media::partial_file view{.descriptor = held_.store->view().descriptor};
    const auto append = [&view](const held_file& file) {
        const std::uint64_t size = file.held_bytes();
        view.extents.push_back({.bytes = {view.size, view.size + size}, .place = file.place});
        view.size += size;
    };
    if (const auto header = stream.list.segments[run.first].header) append(stream.headers.at(*header));
    for (std::size_t n = run.first; n < run.last; ++n) append(stream.segments.at(n));
    view.held.add({0, view.size});
    return view;
}

fetched hls_fetch::fetched_of(const std::vector<clip>& clips) const
{
    fetched all{.counts = with_.counts};
    if (held_.store) all.files.push_back(held_.store);
    for (const clip& each : clips) {
        fetched::clip& next = all.clips.emplace_back();
        next.error = each.error;
        if (each.error) continue;
        for (const part& of : each.parts) next.files.push_back(of.view);
        all.container = "HLS of " + each.parts.front().seen.span.container;
    }
    if (all.container.empty()) all.container = "HLS";
    all.index_bytes = held_.text_bytes;
    for (const held_stream& stream : held_.streams) {
        for (const auto& [number, file] : stream.headers) all.index_bytes += file.held_bytes();
        for (const auto& [number, file] : stream.segments) all.span_bytes += file.held_bytes();
    }
    all.held_bytes = all.index_bytes + all.span_bytes;
    return all;
}

}  // namespace reelpipe::fetch
