#include "stages/cut/material.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;

namespace {

segment extended(segment wanted, const media::demuxer& pictures, material::extent read)
{
    if (read == material::extent::one_picture_more) wanted.end += media::one_picture_more(pictures);
    return wanted;
}

std::int64_t decoding_time(const AVPacket& packet) { return packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts; }

}  // namespace

material::material(const film& source, segment wanted, std::stop_token stop, extent read)
    : wanted_(wanted),
      pictures_(source.pictures, stop),
      pictures_reader_(pictures_, extended(wanted, pictures_, read)),
      sound_ends_(!source.sound.has_value())
{
    if (!source.sound) return;
    sound_.emplace(*source.sound, std::move(stop), media::edits::applied, media::tracks::sound);
    sound_reader_.emplace(*sound_, wanted);
    if (AVStream* const second = pictures_.audio()) second->discard = AVDISCARD_ALL;
}

std::int64_t material::start_in(const media::demuxer& file, const AVStream& stream) const
{
    return av_rescale_q((file.origin() + wanted_.start).count(), av::microsecond, stream.time_base);
}

microseconds material::time_in(const media::demuxer& file, const AVStream& stream, std::int64_t time) const
{
    return av::to_microseconds(time, stream.time_base) - file.origin() - wanted_.start;
}

material::kind material::next(AVPacket* packet)
{
    for (;;) {
        if (pictures_end_ && sound_ends_) return kind::end;
        const bool sound_is_due = !sound_ends_ && (pictures_end_ || sound_at_ < pictures_at_);
        const kind got = sound_is_due ? next_of_sound(packet) : next_of_pictures(packet);
        if (got != kind::end) return got;
    }
}

material::kind material::next_of_pictures(AVPacket* packet)
{
    if (!pictures_reader_.next(packet)) {
        pictures_end_ = true;
        return kind::end;
    }
    const bool is_picture = packet->stream_index == video().index;
    if (is_picture && decoding_time(*packet) != AV_NOPTS_VALUE) pictures_at_ = time_of_picture(decoding_time(*packet));
    if (is_picture) return kind::picture;
    if (!sound_) return kind::sound;
    av_packet_unref(packet);  // the film's sound is in the other file
    return kind::end;
}

material::kind material::next_of_sound(AVPacket* packet)
{
    if (!sound_reader_->next(packet)) {
        sound_ends_ = true;
        return kind::end;
    }
    if (decoding_time(*packet) != AV_NOPTS_VALUE) sound_at_ = time_of_sound(decoding_time(*packet));
    return kind::sound;
}

}  // namespace reelpipe::cut
