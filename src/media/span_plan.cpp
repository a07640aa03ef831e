#include "media/span_plan.hpp"

#include <algorithm>
#include <optional>

#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "media/mp4_boxes.hpp"
#include "media/segment_reader.hpp"

namespace reelpipe::media {

namespace {

constexpr std::uint64_t page = 64u << 10;
constexpr std::uint64_t largest_page = 1u << 20;
constexpr int seconds_a_page = 3;
// Asking twice costs more than reading over a gap of this size.
constexpr std::uint64_t worth_a_request = 16u << 10;

// Parsers that join packets want to see the one behind.
constexpr std::chrono::milliseconds look_ahead{100};

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

// About as much as a few seconds of the film take.
std::uint64_t page_of(const demuxer& input, const partial_file& file)
{
    const std::int64_t duration = input.context()->duration;
    if (duration <= 0) return page;
    const double share = std::min(1.0, seconds_a_page * 1e6 / static_cast<double>(duration));
    return std::clamp(static_cast<std::uint64_t>(static_cast<double>(file.size) * share), page, largest_page);
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

std::uint64_t index_size(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    return moov ? moov->payload.end - moov->begin : 0;
}

// The index names every sample, so one look is enough.
void plan_by_table(demuxer& input, const partial_file& file, std::span<const segment> wanted, span_plan& plan)
{
    input.imagine_samples();
    for (const segment& each : wanted) read_through(input, {each.start, each.end + look_ahead});
    const range_set spans = without_small_gaps(input.imagined());
    range_set needed;
    for (const byte_range& each : spans.ranges()) add_missing(needed, file, each);
    plan.span_bytes = spans.bytes();
    plan.needed = needed.ranges();
}

// Each segment is read as far as the held bytes go.
void plan_by_reading(const partial_file& file, std::span<const segment> wanted, std::uint64_t page_size,
                     const std::stop_token& stop, span_plan& plan)
{
    range_set needed;
    for (const segment& each : wanted) {
        try {
            demuxer input(file, stop);
            read_through(input, each);
        } catch (const missing_bytes& hole) {
            add_missing(needed, file, page_at(hole.offset(), file, page_size));
        }
    }
    plan.span_bytes = file.held.bytes() - std::min(file.held.bytes(), plan.index_bytes);
    plan.needed = needed.ranges();
}

}  // namespace

span_plan plan_spans(const partial_file& file, std::span<const segment> wanted, std::stop_token stop)
{
    span_plan plan;
    plan.index_bytes = index_size(file);
    if (const auto next = next_towards_moov(file)) {
        plan.needed = file.held.missing(*next);
        return plan;
    }
    try {
        demuxer input(file, stop);
        plan.index_known = true;
        if (input.has_sample_table())
            plan_by_table(input, file, wanted, plan);
        else
            plan_by_reading(file, wanted, page_of(input, file), stop, plan);
    } catch (const missing_bytes& hole) {
        plan.needed = file.held.missing(page_at(hole.offset(), file, page));
    }
    return plan;
}

}  // namespace reelpipe::media
