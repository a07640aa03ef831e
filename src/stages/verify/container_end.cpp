#include "stages/verify/container_end.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <string_view>

#include "media/mp4_boxes.hpp"

namespace reelpipe::verify {

namespace {

constexpr std::size_t head_bytes = 256;  // of the file, which has what is looked for in Matroska and AVI

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

std::string ends_inside(std::string_view what, std::uint64_t end, std::uint64_t size)
{
    return fmt::format("the file ends inside of {}: {} bytes instead of {}", what, size, end);
}

std::string name_of(std::uint32_t type)
{
    std::string name;
    for (const unsigned shift : {24u, 16u, 8u, 0u}) name += static_cast<char>(type >> shift & 0x7fu);
    return name;
}

std::optional<std::string> missing_in_mp4(const media::partial_file& file)
{
    bool has_index = false;
    std::uint64_t offset = 0;
    while (const auto box = media::box_at(file, offset, file.size)) {
        for (const auto type : {media::box_type("moov"), media::box_type("moof"), media::box_type("mdat")})
            if (box->type == type && box->payload.end > file.size)
                return ends_inside("its box " + name_of(type), box->payload.end, file.size);
        has_index = has_index || box->type == media::box_type("moov");
        offset = box->payload.end;
    }
    if (has_index) return std::nullopt;
    return "it has no index (moov): whoever wrote it did not get to the end";
}

// A number of variable length, as EBML writes sizes: the place of the first bit that is set says how many bytes it has.
// Nothing if it is not all there, or is unknown, which all ones say.
struct ebml_size {
    std::uint64_t value = 0;
    std::size_t bytes = 0;
};
std::optional<ebml_size> size_at(std::string_view head, std::size_t at)
{
    if (at >= head.size() || head[at] == 0) return std::nullopt;
    const auto bytes = static_cast<std::size_t>(std::countl_zero(byte(head[at]))) + 1;
    if (head.size() - at < bytes) return std::nullopt;
    std::uint64_t value = byte(head[at]) & (0xffu >> bytes);
    bool is_unknown = value == 0xffu >> bytes;
    for (std::size_t i = 1; i < bytes; ++i) {
        value = value << 8 | byte(head[at + i]);
        is_unknown = is_unknown && byte(head[at + i]) == 0xff;
    }
    if (is_unknown) return std::nullopt;
    return ebml_size{value, bytes};
}

constexpr std::string_view ebml_id = "\x1a\x45\xdf\xa3", segment_id = "\x18\x53\x80\x67";

// The segment is all of the file behind the first element.
std::optional<std::string> missing_in_matroska(std::string_view head, std::uint64_t file_bytes)
{
    const auto first = size_at(head, ebml_id.size());
    if (!first || first->value > head_bytes) return std::nullopt;
    const std::size_t at = ebml_id.size() + first->bytes + static_cast<std::size_t>(first->value);
    if (at > head.size() || head.substr(at, segment_id.size()) != segment_id) return std::nullopt;
    const auto size = size_at(head, at + segment_id.size());
    if (!size) return std::nullopt;
    const std::uint64_t end = at + segment_id.size() + size->bytes + size->value;
    if (end <= file_bytes) return std::nullopt;
    return ends_inside("its segment", end, file_bytes);
}

std::optional<std::string> missing_in_avi(std::string_view head, std::uint64_t file_bytes)
{
    std::uint64_t size = 0;
    for (const std::size_t i : {7u, 6u, 5u, 4u}) size = size << 8 | byte(head[i]);
    // Some writers count the 8 bytes of the beginning, too; one that was killed leaves 0.
    if (size <= file_bytes) return std::nullopt;
    return ends_inside("its list", size + 8, file_bytes);
}

}  // namespace

std::optional<std::string> missing_at_end(const media::partial_file& file)
{
    std::array<char, head_bytes> bytes{};
    const ssize_t got = media::read_at(file, 0, std::as_writable_bytes(std::span(bytes)));
    const std::string_view head = view(std::span(bytes).first(got > 0 ? static_cast<std::size_t>(got) : 0));
    if (head.starts_with(ebml_id)) return missing_in_matroska(head, file.size);
    if (head.starts_with("RIFF") && head.substr(0, 12).ends_with("AVI ")) return missing_in_avi(head, file.size);
    constexpr std::array first_boxes{media::box_type("ftyp"), media::box_type("moov"), media::box_type("mdat"),
                                     media::box_type("wide"), media::box_type("free"), media::box_type("skip")};
    const auto first = media::box_at(file, 0, file.size);
    const bool is_mp4 = first && std::ranges::find(first_boxes, first->type) != first_boxes.end();
    return is_mp4 ? missing_in_mp4(file) : std::nullopt;
}

}  // namespace reelpipe::verify
