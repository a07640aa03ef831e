#include "media/time_span.hpp"

#include <algorithm>

#include "media/error.hpp"

namespace reelpipe::media {

time_span time_span_of(const partial_file& file, tracks kind, std::stop_token stop)
{
    demuxer input(file, std::move(stop), edits::applied, kind);
    const AVStream& stream = kind == tracks::video ? *input.video() : *input.audio();
    const av::packet packet = av::make_packet();
    std::optional<time_span> seen;
    while (input.read(packet.get())) {
        const av::packet_turn turn(packet);
        if (turn->stream_index != stream.index || turn->pts == AV_NOPTS_VALUE) continue;
        const auto begin = av::to_microseconds(turn->pts, stream.time_base);
        const auto end = av::to_microseconds(turn->pts + turn->duration, stream.time_base);
        if (!seen) seen = time_span{.first = begin, .end = end};
        if (!seen->first_key && turn->flags & AV_PKT_FLAG_KEY) seen->first_key = begin;
        seen->end = std::max(seen->end, end);
    }
    if (!seen) throw error(fault::corrupt, "no sample has a time");
    seen->container = input.container();
    return std::move(*seen);
}

}  // namespace reelpipe::media
