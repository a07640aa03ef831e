#include "media/mp4_boxes.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "media/error.hpp"

namespace reelpipe::media {

namespace {

constexpr std::uint64_t largest_moov = 64u << 20;
// A moov behind the media is the end of the file: up to this much of it is asked for at once.
constexpr std::uint64_t largest_tail = 4u << 20;
constexpr std::uint64_t unknown_box = 64u << 10;
// libav reads the header of the box behind the moov, the mdat as a rule, before it is content.
constexpr std::uint64_t behind_moov = 4u << 10;

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

}  // namespace

std::optional<mp4_box> box_at(const partial_file& file, std::uint64_t offset, std::uint64_t parent_end)
{
    std::array<unsigned char, 16> bytes{};
    if (parent_end < 8 || offset > parent_end - 8) return std::nullopt;
    const std::uint64_t available = std::min<std::uint64_t>(bytes.size(), parent_end - offset);
    if (!file.held.holds({offset, offset + available})) return std::nullopt;
    const ssize_t got = pread(file.descriptor, bytes.data(), available, static_cast<off_t>(offset));
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
    for (auto box = box_at(file, parent.begin, parent.end); box; box = box_at(file, box->payload.end, parent.end))
        if (box->type == type) return box;
    return std::nullopt;
}

std::optional<byte_range> next_towards_moov(const partial_file& file)
{
    if (!starts_like_mp4(file)) return std::nullopt;
    std::uint64_t offset = 0;
    while (const auto box = box_at(file, offset, file.size)) {
        offset = box->payload.end;
        if (box->type != box_type("moov")) continue;
        if (offset - box->begin > largest_moov)
            throw error(fault::too_large, "an index of " + std::to_string(offset - box->begin) + " bytes");
        const auto gaps = file.held.missing({box->begin, std::min(offset, file.size)});
        if (gaps.empty()) return std::nullopt;
        return byte_range{gaps.front().begin, std::min(offset + behind_moov, file.size)};
    }
    if (offset + 8 > file.size) return std::nullopt;  // no moov at all: libav says so
    const std::uint64_t rest = file.size - offset;
    const byte_range next{offset, offset + (rest <= largest_tail ? rest : unknown_box)};
    const auto gaps = file.held.missing(next);
    if (gaps.empty()) return std::nullopt;  // held, and no box
    return byte_range{gaps.front().begin, next.end};
}

}  // namespace reelpipe::media
