#include "stages/cut/clip_audio.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;

clip_audio::clip_audio(const segment_packets& input, clip_writer& writer, const options& how)
    : input_(input), writer_(writer), how_(how), source_(how.audio == audio_mode::none ? nullptr : input.audio())
{
}

void clip_audio::begin(microseconds after_start, microseconds length)
{
    begun_ = true;
    after_start_ = after_start;
    length_ = length;
    if (!source_) {
        writer_.begin();
        return;
    }
    if (how_.audio == audio_mode::copy && mp4_carries(*source_->codecpar)) {
        target_ = &writer_.add(*source_->codecpar, source_->time_base);
        writer_.begin();
    } else {
        const std::int64_t ahead = av_rescale_q(after_start.count(), av::microsecond, source_->time_base);
        aac_.emplace(*source_, input_.start_of_audio() + ahead, length, how_);
    }
    for (const av::packet& kept : early_) pass_on(*kept);
    early_.clear();
}

void clip_audio::take(AVPacket& packet)
{
    if (!source_ || packet.pts == AV_NOPTS_VALUE) return;
    if (begun_) {
        pass_on(packet);
        return;
    }
    early_.push_back(av::make_packet());
    av_packet_move_ref(early_.back().get(), &packet);
}

void clip_audio::pass_on(AVPacket& packet)
{
    const microseconds time = input_.time_of_audio(packet.pts) - after_start_;
    if (time >= length_) return;
    if (aac_) {
        aac_->send(&packet);
        write_encoded();
    } else if (time >= microseconds{}) {  // whole packets that begin inside the clip
        const std::int64_t zero =
            input_.start_of_audio() + av_rescale_q(after_start_.count(), av::microsecond, source_->time_base);
        packet.pts -= zero;
        packet.dts = packet.dts == AV_NOPTS_VALUE ? packet.pts : packet.dts - zero;
        is_heard_ = true;
        writer_.write(packet, *target_, source_->time_base);
    }
}

void clip_audio::write_encoded()
{
    if (const AVCodecContext* const encoder = aac_->encoder(); encoder && !target_) {
        const av::parameters described = av::make_parameters();
        av::check(avcodec_parameters_from_context(described.get(), encoder), "describe the audio");
        target_ = &writer_.add(*described, encoder->time_base);
        writer_.begin();
    }
    for (const av::packet& each : aac_->take_encoded()) {
        is_heard_ = true;
        writer_.write(*each, *target_, aac_->encoder()->time_base);
    }
}

void clip_audio::finish()
{
    if (!aac_) return;
    aac_->send(nullptr);
    write_encoded();
    if (!target_) writer_.begin();  // nothing was heard
}

}  // namespace reelpipe::cut
