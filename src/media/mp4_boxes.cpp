#include "media/mp4_boxes.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string>

#include "media/error.hpp"
#include "media/limits.hpp"

namespace reelpipe::media {

namespace {

constexpr std::uint64_t max_moov = 64u << 20;
// A moov behind the media is the end of the file: up to this much of it is asked for at once.
constexpr std::uint64_t max_tail = 4u << 20;
constexpr std::uint64_t unknown_box = 64u << 10;
// libav reads the header of the box behind the moov, the mdat as a rule, before it is content.
constexpr std::uint64_t behind_moov = 4u << 10;
constexpr std::uint64_t mdat_header = 16;
// libav goes back a little where the moov begins, and for that reads half of its buffer's size in front of it.
constexpr std::uint64_t in_front_of_moov = 16u << 10;

std::uint64_t big_endian(const unsigned char* bytes, int count)
{
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
}

bool starts_like_mp4(const partial_file& file)
{
    constexpr std::array first{box_type("ftyp"), box_type("moov"), box_type("mdat"), box_type("free"),
                               box_type("skip"), box_type("wide"), box_type("styp"), box_type("pnot")};
    const auto box = box_at(file, 0, file.size);
    return box && std::ranges::find(first, box->type) != first.end();
}

std::optional<byte_range> first_gap(const partial_file& file, byte_range wanted)
{
    const auto gaps = file.held.missing({wanted.begin, std::min(wanted.end, file.size)});
    if (gaps.empty()) return std::nullopt;
    return byte_range{gaps.front().begin, std::min(wanted.end, file.size)};
}

// The missing bytes of a box, together with `behind` bytes after it; nothing if the box is held.
std::optional<byte_range> rest_of(const partial_file& file, const mp4_box& box, std::uint64_t largest,
                                  std::uint64_t behind)
{
    if (box.payload.end - box.begin > largest)
        throw error(fault::too_large, "an index of " + std::to_string(box.payload.end - box.begin) + " bytes");
    if (!first_gap(file, {box.begin, box.payload.end})) return std::nullopt;
    return first_gap(file, {box.begin, box.payload.end + behind});
}

// libav opens such a file with the first moof and the header of the mdat behind it.
std::optional<byte_range> next_towards_first_fragment(const partial_file& file, std::uint64_t offset)
{
    while (offset + 8 <= file.size) {
        const auto box = box_at(file, offset, file.size);
        if (!box) return first_gap(file, {offset, offset + behind_moov});
        offset = box->payload.end;
        if (box->type == box_type("mdat")) return std::nullopt;
        const bool last = box->type == box_type("moof");
        if (!last && box->type != box_type("sidx")) continue;
        if (const auto rest = rest_of(file, *box, max_moov, last ? mdat_header : behind_moov)) return rest;
        if (last) return first_gap(file, {offset, offset + mdat_header});
    }
    return std::nullopt;
}

// Down through the first box of each type.
std::optional<mp4_box> find_path(const partial_file& file, byte_range parent, std::initializer_list<std::uint32_t> path)
{
    std::optional<mp4_box> found{{.payload = parent}};
    for (const std::uint32_t type : path)
        if (found) found = find_box(file, found->payload, type);
    return found;
}

// A 32-bit number, `skipped` bytes into the box; 0 where the box has none.
std::uint64_t number_in(const partial_file& file, const mp4_box& box, std::uint64_t skipped)
{
    std::array<unsigned char, 4> bytes{};
    const byte_range place{box.payload.begin + skipped, box.payload.begin + skipped + bytes.size()};
    if (place.end > box.payload.end || !file.held.holds(place)) return 0;
    const ssize_t got = read_at(file, place.begin, std::as_writable_bytes(std::span(bytes)));
    return got == static_cast<ssize_t>(bytes.size()) ? big_endian(bytes.data(), 4) : 0;
}

// The samples of a track as libav counts them. Taken as 0 if each sample is one of an audio wave, because libav puts
// those together.
std::uint64_t samples_of(const partial_file& file, byte_range track)
{
    const auto table = find_path(file, track, {box_type("mdia"), box_type("minf"), box_type("stbl")});
    if (!table) return 0;
    const auto sizes = find_box(file, table->payload, box_type("stsz"));
    const auto times = find_box(file, table->payload, box_type("stts"));
    const bool is_wave = times && number_in(file, *times, 4) == 1 && number_in(file, *times, 12) == 1;
    return sizes && !is_wave ? number_in(file, *sizes, 8) : 0;
}

std::uint64_t edits_of(const partial_file& file, byte_range track)
{
    const auto edits = find_path(file, track, {box_type("edts"), box_type("elst")});
    return edits ? number_in(file, *edits, 4) : 0;
}

// libav does not open what an alias names, and then has no samples of the track.
bool is_elsewhere(const partial_file& file, byte_range track)
{
    constexpr std::uint64_t max_without_path = 150, counts = 8;
    const auto list = find_path(file, track, {box_type("mdia"), box_type("minf"), box_type("dinf"), box_type("dref")});
    const auto first = list ? box_at(file, list->payload.begin + counts, list->payload.end) : std::nullopt;
    return first && first->type == box_type("alis") && first->payload.end - first->begin > max_without_path;
}

[[noreturn]] void throw_too_large(const char* what, std::uint64_t most)
{
    throw error(fault::too_large, "an index of more than " + std::to_string(most) + ' ' + what);
}

}  // namespace

std::optional<mp4_box> box_at(const partial_file& file, std::uint64_t offset, std::uint64_t parent_end)
{
    std::array<unsigned char, 16> bytes{};
    if (parent_end < 8 || offset > parent_end - 8) return std::nullopt;
    const std::uint64_t available = std::min<std::uint64_t>(bytes.size(), parent_end - offset);
    if (!file.held.holds({offset, offset + available})) return std::nullopt;
    const ssize_t got = read_at(file, offset, std::as_writable_bytes(std::span(bytes).first(available)));
    if (got != static_cast<ssize_t>(available)) return std::nullopt;

    mp4_box box{static_cast<std::uint32_t>(big_endian(&bytes[4], 4)), {offset + 8, parent_end}, offset};
    const std::uint64_t size = big_endian(bytes.data(), 4);
    if (size == 0) return box;  // to the end of the file
    if (size >= 8) {
        box.payload.end = offset + size;
        return box;
    }
    const std::uint64_t large_size = big_endian(&bytes[8], 8);
    if (size != 1 || available < 16 || large_size < 16 || large_size > UINT64_MAX - offset) return std::nullopt;
    box.payload = {offset + 16, offset + large_size};
    return box;
}

std::optional<mp4_box> find_box(const partial_file& file, byte_range parent, std::uint32_t type)
{
    auto box = box_at(file, parent.begin, parent.end);
    for (std::uint64_t i = 0; box && i < max_boxes; ++i, box = box_at(file, box->payload.end, parent.end))
        if (box->type == type) return box;
    return std::nullopt;
}

std::optional<byte_range> next_towards_index(const partial_file& file)
{
    if (!starts_like_mp4(file)) return std::nullopt;
    std::uint64_t offset = 0, boxes = 0;
    while (const auto box = box_at(file, offset, file.size)) {
        if (++boxes > max_boxes) throw error(fault::too_large, "too many boxes in front of the index");
        offset = box->payload.end;
        if (box->type != box_type("moov")) continue;
        if (const auto rest = rest_of(file, *box, max_moov, behind_moov)) return rest;
        return has_fragments(file) ? next_towards_first_fragment(file, offset) : std::nullopt;
    }
    if (offset + 8 > file.size) return std::nullopt;  // no moov at all: libav says so
    const std::uint64_t rest = file.size - offset;
    // No gap: held, and no box.
    return first_gap(file,
                     {offset - std::min(offset, in_front_of_moov), offset + (rest <= max_tail ? rest : unknown_box)});
}

void check_claims(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    std::uint64_t tracks = 0, samples = 0;
    for (auto track = moov ? find_box(file, moov->payload, box_type("trak")) : std::nullopt; track;
         track = find_box(file, {track->payload.end, moov->payload.end}, box_type("trak"))) {
        if (++tracks > max_streams) throw_too_large("tracks", max_streams);
        samples += samples_of(file, track->payload);
        if (samples > max_samples) throw_too_large("samples", max_samples);
        if (is_elsewhere(file, track->payload)) throw error(fault::unsupported, "its samples are in another file");
        if (edits_of(file, track->payload) > max_edits) throw_too_large("edits in a track", max_edits);
    }
}

bool has_fragments(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    return moov && find_box(file, moov->payload, box_type("mvex"));
}

bool has_unnumbered_track(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    if (!moov || !file.held.holds({moov->begin, moov->payload.end})) return false;
    std::uint64_t at = moov->payload.begin;
    while (const auto track = find_box(file, {at, moov->payload.end}, box_type("trak"))) {
        const auto header = find_box(file, track->payload, box_type("tkhd"));
        if (!header) return true;
        std::array<unsigned char, 24> bytes{};
        const std::uint64_t size = std::min<std::uint64_t>(bytes.size(), header->payload.size());
        const ssize_t got = read_at(file, header->payload.begin, std::as_writable_bytes(std::span(bytes).first(size)));
        if (got != static_cast<ssize_t>(size)) return true;
        const bool is_long = bytes[0] == 1;
        if (big_endian(&bytes[is_long ? 20 : 12], 4) > INT32_MAX) return true;
        at = track->payload.end;
    }
    return false;
}

std::uint64_t index_bytes(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    if (!moov) return 0;
    const auto first = find_box(file, {moov->payload.end, file.size}, box_type("moof"));
    const std::uint64_t claimed = first && has_fragments(file) ? first->payload.end : moov->payload.end - moov->begin;
    return std::min(claimed, file.size);  // the file may end inside of it
}

}  // namespace reelpipe::media
