#include "stages/cut/recovery.hpp"

#include <algorithm>
#include <span>

#include "media/bit_reader.hpp"
#include "media/h264_parameter_sets.hpp"
#include "media/nal_units.hpp"

namespace reelpipe::cut {

namespace {

namespace h264 = media::h264;
using unit = std::span<const std::uint8_t>;

constexpr unsigned recovery_point = 6;  // payloadType, D.1

bool is_of(unit u, h264::unit_type type) { return !u.empty() && h264::type_of(u) == type; }

// Slices, and the partitions of slices, which are numbered between the two.
bool is_slice(unit u)
{
    return !u.empty() && h264::type_of(u) >= h264::unit_type::slice && h264::type_of(u) <= h264::unit_type::idr_slice;
}

bool is_leaned_on(unit u) { return is_slice(u) && (u[0] & 0x60u) != 0; }

// ISO/IEC 14496-10, D.1: messages of a kind and a size, both in steps of 255.
std::optional<std::uint32_t> frames_to_recovery(unit u)
{
    media::bit_reader bits(u.subspan(1));
    const auto number = [&] {
        std::uint32_t sum = 0, byte = 255;
        while (byte == 255 && !bits.failed()) sum += byte = bits.bits(8);
        return sum;
    };
    while (!bits.failed()) {
        const std::uint32_t kind = number(), size = number();
        if (kind == recovery_point && !bits.failed()) return bits.unsigned_number();
        for (std::uint32_t i = 0; i < size && !bits.failed(); ++i) bits.skip(8);
    }
    return std::nullopt;
}

}  // namespace

recovery::recovery(const AVStream& stream)
    : is_h264_(stream.codecpar->codec_id == AV_CODEC_ID_H264), length_bytes_(media::length_bytes_of(*stream.codecpar))
{
}

bool recovery::is_incomplete(const AVPacket& packet)
{
    if (!is_h264_ || packet.size == 0) return false;
    if (whole_from_) return packet.pts != AV_NOPTS_VALUE && packet.pts < *whole_from_;
    const auto units = media::units_in({packet.data, static_cast<std::size_t>(packet.size)}, length_bytes_);
    const bool is_idr = std::ranges::any_of(units, [](unit u) { return is_of(u, h264::unit_type::idr_slice); });
    const bool is_first = !left_;
    for (const unit u : units)
        if (!left_ && is_of(u, h264::unit_type::supplemental_information)) left_ = frames_to_recovery(u);
    if (!left_) left_ = 0;
    if (is_idr || (is_first && *left_ == 0)) whole_from_ = INT64_MIN;
    if (whole_from_) return false;
    if (std::ranges::none_of(units, is_leaned_on)) return true;
    if (*left_ == 0) whole_from_ = packet.pts;
    return !whole_from_ && (*left_)-- > 0;
}

}  // namespace reelpipe::cut
