#include "media/span_plan.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "media/fragment_index.hpp"
#include "media/mp4_boxes.hpp"
#include "media/segment_reader.hpp"

namespace reelpipe::media {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t min_page = 32u << 10;
constexpr std::uint64_t page = 64u << 10;
constexpr std::uint64_t max_page = 1u << 20;
constexpr std::uint64_t max_sequential_page = 4u << 20;
constexpr int seconds_a_page = 3;
// Asking twice costs more than reading over a gap of this size.
constexpr std::uint64_t worth_a_request = 16u << 10;

// Parsers that join packets want to see the one behind, and the segment may take one frame more.
constexpr std::chrono::milliseconds look_ahead{100};

// The description of a fragment and its first key frame.
constexpr double first_sample = 16u << 10;
constexpr std::uint64_t description = 8u << 10;
// libav looks there for another index.
constexpr std::uint64_t mfra_pointer = 4;

range_set without_small_gaps(const range_set& exact)
{
    range_set joined;
    std::optional<byte_range> last;
    for (const byte_range& each : exact.ranges()) {
        if (last && each.begin - last->end < worth_a_request) joined.add({last->end, each.begin});
        joined.add(each);
        last = each;
    }
    return joined;
}

byte_range page_at(std::uint64_t hole, const partial_file& file, std::uint64_t size)
{
    return {hole, std::min(hole + size, file.size)};
}

// About as much as a few seconds of the video take.
std::uint64_t page_of(const demuxer& input, const partial_file& file)
{
    const std::int64_t duration = input.context()->duration;
    if (duration <= 0) return page;
    const double share = std::min(1.0, seconds_a_page * 1e6 / static_cast<double>(duration));
    return std::clamp(static_cast<std::uint64_t>(static_cast<double>(file.size) * share), page, max_page);
}

void add_missing(range_set& to, const partial_file& file, byte_range wanted)
{
    for (const byte_range& gap : file.held.missing(wanted)) to.add(gap);
}

void read_through(demuxer& input, const segment& wanted)
{
    segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    while (reader.next(packet.get())) av_packet_unref(packet.get());
}

bool is_matroska(const demuxer& input)
{
    return std::string_view(input.context()->iformat->name).starts_with("matroska");
}

// The index names every sample, so one look is enough.
void plan_by_table(demuxer& input, const partial_file& file, std::span<const segment> wanted, span_plan& plan)
{
    input.read_samples_as_zeros();
    for (const segment& each : wanted) read_through(input, {each.start, each.end + look_ahead});
    const range_set spans = without_small_gaps(input.sample_ranges_touched());
    range_set needed;
    for (const byte_range& each : spans.ranges()) add_missing(needed, file, each);
    plan.span_bytes = spans.bytes();
    plan.needed = needed.ranges();
    plan.complete = true;
}

// As many bytes of a part of the video as the beginning of it up to `end` is likely to take; should they not be enough,
// the rest is asked for.
byte_range beginning_of(byte_range part, std::chrono::microseconds part_begin, std::chrono::microseconds part_end,
                        std::chrono::microseconds end)
{
    if (end >= part_end || part.begin >= part.end) return part;
    const double share = std::chrono::duration<double>(end - part_begin) / (part_end - part_begin);
    const double likely = 1.1 * share * static_cast<double>(part.size()) + first_sample;
    return {part.begin, part.begin + std::min(part.size(), static_cast<std::uint64_t>(likely))};
}

// Audio can be decoded from anywhere: of the fragment that it begins in, the description is wanted, and what is likely
// to be behind the beginning.
void leave_out(range_set& spans, const fragment& first, std::chrono::microseconds begin)
{
    const double share = std::chrono::duration<double>(begin - first.begin) / (first.end - first.begin);
    const auto skipped =
        static_cast<std::uint64_t>(std::max(0.0, 0.9 * share) * static_cast<double>(first.bytes.size()));
    spans.add({first.bytes.begin, std::min(first.bytes.end, first.bytes.begin + description)});
    spans.add({first.bytes.begin + skipped, first.bytes.end});
}

// The fragments that a segment begins in, and those up to its end. Where it ends with a fragment, the start of the next
// one shows it.
void add_fragments(range_set& spans, const std::vector<fragment>& all, const segment& wanted, stream_selection kind)
{
    for (const fragment& each : all) {
        if (each.begin >= wanted.end + look_ahead) break;
        if (each.end <= wanted.start) continue;
        if (kind == stream_selection::audio_only && each.begin < wanted.start && each.end < wanted.end)
            leave_out(spans, each, wanted.start - look_ahead);
        else
            spans.add(beginning_of(each.bytes, each.begin, each.end, wanted.end + look_ahead));
    }
}

// True if everything that the index of the fragments names is held.
bool plan_by_fragments(const partial_file& file, std::span<const segment> wanted, stream_selection kind,
                       span_plan& plan)
{
    const std::vector<fragment> all = fragments_of(file);
    range_set spans, needed;
    for (const segment& each : wanted) add_fragments(spans, all, each, kind);
    if (!all.empty()) spans.add({file.size - std::min<std::uint64_t>(file.size, mfra_pointer), file.size});
    for (const byte_range& each : spans.ranges()) add_missing(needed, file, each);
    plan.span_bytes = spans.bytes();
    plan.needed = needed.ranges();
    return plan.needed.empty();
}

// From the place where decoding begins to the end, which is between two others.
void add_entries(range_set& spans, const std::vector<demuxer::entry>& all, const segment& wanted, std::uint64_t size)
{
    if (all.empty()) return;
    const auto end = wanted.end + look_ahead;
    const auto behind_start = std::ranges::upper_bound(all, wanted.start, {}, &demuxer::entry::time);
    const auto behind_end = std::ranges::lower_bound(all, end, {}, &demuxer::entry::time);
    spans.add({behind_start == all.begin() ? all.front().offset : std::prev(behind_start)->offset,
               behind_end == all.begin() ? all.front().offset : std::prev(behind_end)->offset});
    if (behind_end == all.end()) {
        spans.add({all.back().offset, size});
    } else if (behind_end != all.begin()) {
        const auto last = std::prev(behind_end);
        spans.add(beginning_of({last->offset, behind_end->offset}, last->time, behind_end->time, end));
    }
}

// True if there is an index of the whole video: one that names places which are not held.
bool plan_by_entries(demuxer& input, const partial_file& file, std::span<const segment> wanted, span_plan& plan)
{
    range_set spans, needed;
    std::vector<demuxer::entry> all;
    for (const segment& each : wanted) {
        all = input.entries(each.start);
        std::erase_if(all, [&](const demuxer::entry& one) { return one.offset >= file.size; });
        add_entries(spans, all, each, file.size);
    }
    plan.index_bytes = input.bytes_read().bytes();
    const auto is_held = [&](const demuxer::entry& each) { return file.held.run_end(each.offset).has_value(); };
    if (std::ranges::all_of(all, is_held)) return false;
    for (const byte_range& each : spans.ranges()) add_missing(needed, file, each);
    plan.span_bytes = spans.bytes();
    plan.needed = needed.ranges();
    return true;
}

// Each segment is read as far as the held bytes go.
void plan_by_reading(const partial_file& file, std::span<const segment> wanted, std::uint64_t page_size,
                     stream_selection kind, const std::stop_token& stop, span_plan& plan)
{
    range_set needed, read;
    for (const segment& each : wanted) {
        try {
            demuxer input(file, stop, edit_list_mode::applied, kind);
            read_through(input, {each.start, each.end + one_frame_more(input)});
            for (const byte_range& part : input.bytes_read().ranges()) read.add(part);
        } catch (const missing_bytes& hole) {
            add_missing(needed, file, page_at(hole.offset(), file, page_size));
        }
    }
    if (!wanted.empty()) plan.span_bytes = read.bytes() - std::min(read.bytes(), plan.index_bytes);
    plan.needed = needed.ranges();
}

}  // namespace

span_plan plan_spans(const partial_file& file, std::span<const segment> wanted, stream_selection kind,
                     std::stop_token stop)
{
    span_plan plan;
    plan.index_bytes = index_bytes(file);
    if (const auto next = next_towards_index(file)) {
        plan.needed = file.held.missing(*next);
        return plan;
    }
    if (!plan_by_fragments(file, wanted, kind, plan)) {
        plan.index_known = true;
        return plan;
    }
    try {
        demuxer input(file, stop, edit_list_mode::applied, kind);
        plan.index_known = true;
        plan.container = input.container();
        if (input.has_sample_table()) {
            plan_by_table(input, file, wanted, plan);
            return plan;
        }
        std::uint64_t page_size = plan.span_bytes != 0 ? min_page : page_of(input, file);
        if (plan.index_bytes == 0) plan.index_bytes = input.bytes_read().bytes();
        if (is_matroska(input)) {
            // Without an index, all of the video up to the segment is read.
            page_size = std::clamp(file.held.bytes() / 2, page, max_sequential_page);
            if (plan_by_entries(input, file, wanted, plan)) page_size = min_page;
        }
        if (plan.needed.empty()) plan_by_reading(file, wanted, page_size, kind, stop, plan);
    } catch (const missing_bytes& hole) {
        const std::uint64_t size = std::clamp(file.held.bytes() / 2, min_page, max_page);
        plan.needed = file.held.missing(page_at(hole.offset(), file, size));
    }
    return plan;
}

}  // namespace reelpipe::media
