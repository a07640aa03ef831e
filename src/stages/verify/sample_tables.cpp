#include "stages/verify/sample_tables.hpp"

#include <unistd.h>

#include <optional>
#include <vector>

#include "media/mp4_boxes.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe::verify {

namespace {

// The bound on the length of a track; a longer one counts as having none.
constexpr double max_ticks = std::int64_t{1} << 60;

// Numbers of 32 bits, one after the other.
std::vector<std::uint32_t> numbers_at(const media::partial_file& file, std::uint64_t offset, std::uint64_t count)
{
    if (offset > file.size || 4 * count > file.size - offset) throw verify_error("the index ends early");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(4 * count));
    const ssize_t got = pread(file.descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got != static_cast<ssize_t>(bytes.size())) throw verify_error("the index ends early");
    std::vector<std::uint32_t> numbers(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < bytes.size(); ++i) numbers[i / 4] = numbers[i / 4] << 8 | bytes[i];
    return numbers;
}

// One entry of `ctts` for every sample of a track. libav makes do with more or fewer, and shows frames out of order.
void check_reordering_of(const media::partial_file& file, media::byte_range track)
{
    std::optional<media::mp4_box> table{{.payload = track}};
    for (const auto name : {media::box_type("mdia"), media::box_type("minf"), media::box_type("stbl")})
        if (table) table = media::find_box(file, table->payload, name);
    if (!table) return;
    const auto order = media::find_box(file, table->payload, media::box_type("ctts"));
    const auto sizes = media::find_box(file, table->payload, media::box_type("stsz"));
    if (!order || !sizes) return;

    const std::uint64_t entries = numbers_at(file, order->payload.begin + 4, 1).front();
    if (8 + 8 * entries > order->payload.size()) throw verify_error("the index ends early");
    const std::vector<std::uint32_t> rows = numbers_at(file, order->payload.begin + 8, 2 * entries);
    std::uint64_t samples = 0;
    for (std::size_t i = 0; i < rows.size(); i += 2) samples += rows[i];
    if (samples != numbers_at(file, sizes->payload.begin + 8, 1).front())
        throw verify_error("the table of display times does not cover all frames");
}

// How long the samples of a track last, in ticks of the track: the sum of `stts`.
std::int64_t length_of_samples(const media::partial_file& file, media::byte_range track)
{
    std::optional<media::mp4_box> table{{.payload = track}};
    for (const auto name :
         {media::box_type("mdia"), media::box_type("minf"), media::box_type("stbl"), media::box_type("stts")})
        if (table) table = media::find_box(file, table->payload, name);
    if (!table || table->payload.size() < 8) return 0;
    const std::uint64_t entries = numbers_at(file, table->payload.begin + 4, 1).front();
    if (8 + 8 * entries > table->payload.size()) throw verify_error("the index ends early");
    const std::vector<std::uint32_t> rows = numbers_at(file, table->payload.begin + 8, 2 * entries);
    double sum = 0;
    for (std::size_t i = 0; i + 1 < rows.size(); i += 2) sum += static_cast<double>(rows[i]) * rows[i + 1];
    return sum < max_ticks ? static_cast<std::int64_t>(sum) : 0;
}

}  // namespace

void check_reordering(const media::partial_file& file)
{
    const auto moov = media::find_box(file, {0, file.size}, media::box_type("moov"));
    if (!moov) return;
    std::uint64_t at = moov->payload.begin;
    while (const auto box = media::box_at(file, at, moov->payload.end)) {
        if (box->type == media::box_type("trak")) check_reordering_of(file, box->payload);
        at = box->payload.end;
    }
}

std::set<std::int64_t> lengths_of_samples(const media::partial_file& file)
{
    std::set<std::int64_t> all;
    const auto moov = media::find_box(file, {0, file.size}, media::box_type("moov"));
    for (auto track = moov ? media::find_box(file, moov->payload, media::box_type("trak")) : std::nullopt; track;
         track = media::find_box(file, {track->payload.end, moov->payload.end}, media::box_type("trak")))
        all.insert(length_of_samples(file, track->payload));
    return all;
}

}  // namespace reelpipe::verify
