#include "stages/cut/coded_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "media/h264_parameter_sets.hpp"
#include "media/nal_units.hpp"

namespace reelpipe::cut {

namespace {

namespace h264 = media::h264;
using sample = std::span<const std::uint8_t>;

// True if a unit is the first slice of a frame or a field: its number of the first macroblock, 0, takes one bit.
bool begins_a_field(sample unit)
{
    if (unit.size() < 2) return false;
    const h264::unit_type type = h264::type_of(unit);
    return (type == h264::unit_type::slice || type == h264::unit_type::idr_slice) && (unit[1] & 0x80u) != 0;
}

std::ptrdiff_t fields_in(sample whole, std::size_t length_bytes)
{
    return std::ranges::count_if(media::units_in(whole, length_bytes), begins_a_field);
}

}  // namespace

coded_fields::coded_fields(const AVStream& stream)
    : context_(av::check_allocated(avcodec_alloc_context3(nullptr))),
      parser_(stream.codecpar->codec_id == AV_CODEC_ID_H264 ? av_parser_init(AV_CODEC_ID_H264) : nullptr),
      length_bytes_(media::length_bytes_of(*stream.codecpar))
{
    av::check(avcodec_parameters_to_context(context_.get(), stream.codecpar), "set up a parser");
    if (parser_) parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
}

bool coded_fields::is_half_a_frame(const AVPacket& packet)
{
    if (!parser_) return false;
    std::uint8_t* out = nullptr;
    int size = 0;
    av_parser_parse2(parser_.get(), context_.get(), &out, &size, packet.data, packet.size, packet.pts, packet.dts, 0);
    const bool is_field = parser_->picture_structure == AV_PICTURE_STRUCTURE_TOP_FIELD ||
                          parser_->picture_structure == AV_PICTURE_STRUCTURE_BOTTOM_FIELD;
    return is_field && fields_in({packet.data, static_cast<std::size_t>(packet.size)}, length_bytes_) < 2;
}

}  // namespace reelpipe::cut
