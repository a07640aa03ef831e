#include "media/encryption.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "media/mp4_boxes.hpp"

namespace reelpipe::media {

namespace {

// ISO/IEC 14496-12: how far the boxes of a sample description are behind its own header, for frames and for audio.
constexpr std::uint64_t behind_frames = 78, behind_audio = 28;
constexpr std::uint64_t version_and_count = 8;

std::string name_of(std::uint32_t type)
{
    std::string name;
    for (int shift = 24; shift >= 0; shift -= 8) name += static_cast<char>(type >> shift);
    return name;
}

bool is_protected(const partial_file& file, const mp4_box& description)
{
    constexpr std::array kinds{box_type("encv"), box_type("enca"), box_type("drmi"), box_type("drms")};
    if (std::ranges::find(kinds, description.type) != kinds.end()) return true;
    return std::ranges::any_of(std::array{behind_frames, behind_audio}, [&](std::uint64_t skipped) {
        const std::uint64_t begin = description.payload.begin + skipped;
        return begin < description.payload.end &&
               find_box(file, {begin, description.payload.end}, box_type("sinf")).has_value();
    });
}

// The scheme: cenc, cbcs; what the description is called where it does not say.
std::string scheme_of(const partial_file& file, const mp4_box& description)
{
    for (const std::uint64_t skipped : {behind_frames, behind_audio}) {
        const std::uint64_t begin = std::min(description.payload.begin + skipped, description.payload.end);
        const auto info = find_box(file, {begin, description.payload.end}, box_type("sinf"));
        const auto scheme = info ? find_box(file, info->payload, box_type("schm")) : std::nullopt;
        std::array<std::byte, 8> bytes{};
        if (!scheme || scheme->payload.size() < bytes.size() ||
            read_at(file, scheme->payload.begin, bytes) != static_cast<ssize_t>(bytes.size()))
            continue;
        std::uint32_t type = 0;
        for (const std::byte each : std::span(bytes).last(4)) type = type << 8 | std::to_integer<std::uint32_t>(each);
        return name_of(type);
    }
    return name_of(description.type);
}

// In MPEG-TS each packet says whether it is scrambled.
bool is_scrambled(const partial_file& file)
{
    constexpr std::size_t packet = 188, most = 2000;
    std::vector<std::byte> head(std::min<std::uint64_t>(packet * most, file.held.run_end(0).value_or(0)));
    const ssize_t got = read_at(file, 0, head);
    std::size_t scrambled = 0, clear = 0;
    for (std::size_t at = 0; at + packet <= static_cast<std::size_t>(std::max<ssize_t>(got, 0)); at += packet) {
        const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(head[at + i]); };
        if (byte(0) != 0x47) return false;  // packets of another length
        const unsigned id = (byte(1) & 0x1f) << 8 | byte(2);
        if (id >= 0x20 && id != 0x1fff) ++((byte(3) & 0xc0) != 0 ? scrambled : clear);
    }
    return scrambled > clear;
}

}  // namespace

std::optional<std::string> encryption_of_mp4(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    for (auto track = moov ? find_box(file, moov->payload, box_type("trak")) : std::nullopt; track;
         track = find_box(file, {track->payload.end, moov->payload.end}, box_type("trak"))) {
        std::optional<mp4_box> table = track;
        for (const auto type : {box_type("mdia"), box_type("minf"), box_type("stbl"), box_type("stsd")})
            if (table) table = find_box(file, table->payload, type);
        if (!table) continue;
        std::uint64_t at = table->payload.begin + version_and_count;
        while (const auto description = box_at(file, at, table->payload.end)) {
            if (is_protected(file, *description)) return scheme_of(file, *description);
            at = description->payload.end;
        }
    }
    return std::nullopt;
}

std::optional<std::string> encryption_of(const partial_file& file, const AVFormatContext& opened)
{
    const std::string_view container = opened.iformat->name;
    if (container.starts_with("mov")) return encryption_of_mp4(file);
    if (container == "mpegts" && is_scrambled(file)) return "scrambled MPEG-TS";
    if (av_dict_get(opened.metadata, "ASF_Protection_Type", nullptr, 0)) return "ASF protection";
    for (const AVStream* stream : std::span(opened.streams, opened.nb_streams))
        if (av_dict_get(stream->metadata, "enc_key_id", nullptr, 0)) return "Matroska encryption";
    return std::nullopt;
}

}  // namespace reelpipe::media
