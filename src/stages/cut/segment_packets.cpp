#include "stages/cut/segment_packets.hpp"

#include <fmt/format.h>

#include "media/error.hpp"
#include "stages/cut/codecs.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;
using namespace std::chrono_literals;

namespace {

segment extended(segment wanted, const media::demuxer& frames, segment_packets::extent read)
{
    if (read == segment_packets::extent::one_frame_more) wanted.end += media::one_frame_more(frames);
    return wanted;
}

std::int64_t decoding_time(const AVPacket& packet) { return packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts; }

}  // namespace

segment_packets::segment_packets(const input& source, segment wanted, std::stop_token stop, extent read)
    : wanted_(wanted),
      video_(source.video, stop),
      video_reader_(video_, extended(wanted, video_, read)),
      audio_ends_(!source.audio.has_value())
{
    if (!source.audio) return;
    audio_.emplace(*source.audio, std::move(stop), media::edit_list_mode::applied, media::stream_selection::audio_only);
    audio_reader_.emplace(*audio_, wanted);
    if (AVStream* const second = video_.audio()) second->discard = AVDISCARD_ALL;
}

std::int64_t segment_packets::start_in(const media::demuxer& file, const AVStream& stream) const
{
    return av_rescale_q((file.origin() + wanted_.start).count(), av::microsecond, stream.time_base);
}

microseconds segment_packets::time_in(const media::demuxer& file, const AVStream& stream, std::int64_t time) const
{
    return av::to_microseconds(time, stream.time_base) - file.origin() - wanted_.start;
}

void segment_packets::throw_no_frame() const
{
    const std::int64_t first = video().start_time;
    if (first != AV_NOPTS_VALUE && time_of_video(first) >= wanted_.end - wanted_.start)
        throw media::error(media::fault::before_start, "the segment ends before the first frame of the video");
    if (has_untimed_) throw media::error(media::fault::unsupported, "frames without a time");
    throw media::error(media::fault::beyond_end, "the segment starts after the end of the video");
}

void segment_packets::check_edits(microseconds missing) const
{
    if (missing > 0us && video_reader_.shows_again())
        throw media::error(media::fault::unsupported, "an edit inside of the segment");
}

segment_packets::kind segment_packets::next(AVPacket* packet)
{
    for (;;) {
        if (video_end_ && audio_ends_) return kind::end;
        const bool audio_is_due = !audio_ends_ && (video_end_ || audio_at_ < video_at_);
        const kind got = audio_is_due ? next_of_audio(packet) : next_of_video(packet);
        if (got != kind::end) return got;
    }
}

segment_packets::kind segment_packets::next_of_video(AVPacket* packet)
{
    if (!video_reader_.next(packet)) {
        video_end_ = true;
        return kind::end;
    }
    const bool is_video = packet->stream_index == video().index;
    has_untimed_ = has_untimed_ || (is_video && decoding_time(*packet) == AV_NOPTS_VALUE);
    if (is_video && decoding_time(*packet) != AV_NOPTS_VALUE) video_at_ = time_of_video(decoding_time(*packet));
    if (is_video) return kind::frame;
    if (!audio_) return kind::audio;
    av_packet_unref(packet);  // the video's audio is in the other file
    return kind::end;
}

segment_packets::kind segment_packets::next_of_audio(AVPacket* packet)
{
    if (!audio_reader_->next(packet)) {
        audio_ends_ = true;
        return kind::end;
    }
    if (decoding_time(*packet) != AV_NOPTS_VALUE) audio_at_ = time_of_audio(decoding_time(*packet));
    return kind::audio;
}

std::string segment_packets::description() const
{
    const AVCodecParameters& frames = *video().codecpar;
    std::string text = fmt::format("{}, {} {}x{}", video_.container(), codec_name(frames), frames.width, frames.height);
    if (const AVRational rate = video().avg_frame_rate; rate.num > 0 && rate.den > 0)
        text += fmt::format(", {:.6g} fps", av_q2d(rate));
    if (const AVStream* const heard = audio()) text += ", " + codec_name(*heard->codecpar);
    return text;
}

}  // namespace reelpipe::cut
