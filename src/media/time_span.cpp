#include "media/time_span.hpp"

#include <algorithm>

#include "media/error.hpp"

namespace reelpipe::media {

namespace {

enum class extent : std::uint8_t { whole_file, first_packet };

time_span look(const partial_file& file, stream_selection kind, std::stop_token stop, extent of)
{
    demuxer input(file, std::move(stop), edit_list_mode::applied, kind);
    const AVStream& stream = kind == stream_selection::audio_and_video ? *input.video() : *input.audio();
    const av::packet packet = av::make_packet();
    std::optional<time_span> seen;
    while (!(seen && of == extent::first_packet) && input.read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != stream.index || unref->pts == AV_NOPTS_VALUE) continue;
        const auto begin = av::to_microseconds(unref->pts, stream.time_base);
        const auto end = av::to_microseconds(unref->pts + unref->duration, stream.time_base);
        if (!seen) seen = time_span{.first = begin, .end = end};
        if (!seen->first_key && unref->flags & AV_PKT_FLAG_KEY) seen->first_key = begin;
        seen->end = std::max(seen->end, end);
    }
    if (!seen) throw error(fault::corrupt, "no sample has a time");
    seen->container = input.container();
    return std::move(*seen);
}

}  // namespace

time_span time_span_of(const partial_file& file, stream_selection kind, std::stop_token stop)
{
    return look(file, kind, std::move(stop), extent::whole_file);
}

time_span begin_of(const partial_file& file, stream_selection kind, std::stop_token stop)
{
    return look(file, kind, std::move(stop), extent::first_packet);
}

}  // namespace reelpipe::media
