#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

extern "C" {
#include <libavutil/parseutils.h>
}

#include "media/error.hpp"
#include "media/h264_parameter_sets.hpp"
#include "media/limits.hpp"
#include "stages/cut/clip_audio.hpp"
#include "stages/cut/clip_writer.hpp"
#include "stages/cut/codecs.hpp"
#include "stages/cut/cut.hpp"
#include "stages/cut/frame_clock.hpp"
#include "stages/cut/frame_filter.hpp"
#include "stages/cut/lossless.hpp"
#include "stages/cut/recovery.hpp"
#include "stages/cut/segment_packets.hpp"
#include "stages/cut/smart.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;

namespace {

AVRational forced_rate(const options& how)
{
    AVRational rate{0, 1};
    if (!how.frame_rate.empty() && av_parse_video_rate(&rate, how.frame_rate.c_str()) < 0)
        throw encode_error("no frame rate: " + how.frame_rate);
    return rate;
}

bool is_valid(AVRational rate) { return rate.num > 0 && rate.den > 0; }

// libx264's message about its version and settings, which comes in front of its first frame: user data without a
// registered type (ISO/IEC 14496-10, D.1.7). libavcodec's filter_units would take all such messages, recovery points
// too.
bool is_note_of_encoder(media::h264::unit_view u)
{
    constexpr std::uint8_t unregistered = 5;
    return media::h264::type_of(u) == media::h264::unit_type::supplemental_information && u.size() > 1 &&
           u[1] == unregistered;
}

void leave_out_note(AVPacket& packet)
{
    const std::vector<media::h264::unit_view> units =
        media::h264::units_between_start_codes({packet.data, static_cast<std::size_t>(packet.size)});
    if (std::ranges::none_of(units, is_note_of_encoder)) return;
    constexpr std::array<std::uint8_t, 3> start_code{0, 0, 1};  // the short one, so that the rest never grows
    std::vector<std::uint8_t> rest;
    for (const media::h264::unit_view u : units) {
        if (is_note_of_encoder(u)) continue;
        rest.insert(rest.end(), start_code.begin(), start_code.end());
        rest.insert(rest.end(), u.begin(), u.end());
    }
    std::ranges::copy(rest, packet.data);
    av_shrink_packet(&packet, static_cast<int>(rest.size()));
}

// One cut from its first packet to its last. Frames go through decoder and encoder, audio goes straight to the
// writer, both on a clock that is 0 at the start of the segment.
class cutter {
public:
    cutter(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
        : input_(source, wanted, std::move(stop), segment_packets::extent::one_frame_more),
          wanted_(wanted),
          how_(how),
          video_(input_.video()),
          start_(input_.start_of_video()),
          length_(av_rescale_q((wanted.end - wanted.start).count(), av::microsecond, video_.time_base)),
          source_rate_(av_guess_frame_rate(input_.container(), &video_, nullptr)),
          decoder_(open_decoder(video_, how)),
          writer_(output, how.reproducible),
          audio_(input_, writer_, how),
          clock_(input_.is_one_stream() ? frame_clock::beginning::with_first_frame : frame_clock::beginning::at_zero)
    {
        if (!is_valid(source_rate_)) source_rate_ = {25, 1};  // as ffmpeg assumes
        if (!is_valid(forced_rate_) && av_q2d(source_rate_) > media::max_frames_per_second)
            throw media::error(media::fault::too_large,
                               fmt::format("{:.0f} frames a second; --fps takes fewer", av_q2d(source_rate_)));
    }

    result run()
    {
        const av::packet packet = av::make_packet();
        for (;;) {
            const segment_packets::kind got = input_.next(packet.get());
            if (got == segment_packets::kind::end) break;
            const av::scoped_packet unref(packet);
            if (got == segment_packets::kind::frame)
                decode(unref.get());
            else
                audio_.take(*unref.get());
        }
        decode(nullptr);
        finish_video();
        audio_.finish();
        writer_.finish();
        done_.audio = audio_.is_heard();
        return done_;
    }

private:
    void decode(const AVPacket* packet)
    {
        is_at_the_end_ = !packet;
        if (packet && packet->size == 0) return;  // a frame was dropped there: the one before is shown on
        // Before the segment only frames that others are made from are of use, and none of them is missed.
        if (packet && packet->dts != AV_NOPTS_VALUE && is_behind(packet->dts)) return;
        if (packet && first_key_ == AV_NOPTS_VALUE) first_key_ = packet->pts;
        if (packet && recovery_.is_incomplete(*packet) && packet->pts >= start_ && !how_.keep_corrupt)
            throw media::error(media::fault::unsupported,
                               std::string(refreshed_in_steps) + "; --keep-corrupt stores what can be decoded");
        const bool lead_in = packet && packet->pts != AV_NOPTS_VALUE && packet->pts < start_;
        decoder_->skip_frame = lead_in ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
        if (packet && packet->pts != AV_NOPTS_VALUE) sent_ = packet->pts;
        const int sent = avcodec_send_packet(decoder_.get(), packet);
        if (sent < 0 && sent != AVERROR_EOF && !(packet && is_leading(packet->pts))) not_decoded(sent);
        for (;;) {
            const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
            if (code < 0) not_decoded(code);
            if (code < 0 && !packet) return;
            if (code < 0) continue;
            const av::scoped_frame unref(frame_);
            take(*unref.get());
        }
    }

    // Frames that are decoded after the first key frame and shown before it may lean on what was not read. Every
    // other one in front of the segment is part of what the segment's frames are made from.
    bool is_leading(std::int64_t pts) const { return pts < first_key_; }

    // As the ffmpeg program does it, the length counts from the first frame that is shown.
    bool is_behind(std::int64_t time) const { return time >= first_shown_.value_or(start_) + length_; }

    void not_decoded(int code) const
    {
        if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
        if (fault_of(code) == media::fault::unsupported)
            throw media::error(media::fault::unsupported, av::error("decode the frames", code).what());
        corrupt(av::error("cannot be decoded", code).what());
    }

    void corrupt(const std::string& what) const
    {
        if (how_.keep_corrupt) return;
        const microseconds time = input_.time_of_video(sent_) + wanted_.start;
        throw media::error(
            media::fault::corrupt,
            fmt::format("the frame at {:.3f} s {}; --keep-corrupt stores what can be decoded", in_seconds(time), what));
    }

    void take(AVFrame& frame)
    {
        const std::int64_t pts = time_of(frame);
        if (pts == AV_NOPTS_VALUE) return corrupt("has no time");
        if (is_leading(pts) || is_behind(pts)) return;
        if (frame.decode_error_flags || frame.flags & AV_FRAME_FLAG_CORRUPT)
            corrupt("cannot be decoded without errors");
        if (pts < start_) return;
        first_shown_ = std::min(first_shown_.value_or(pts), pts);

        const std::int64_t lasts = std::max<std::int64_t>(av::duration_of(frame), 0);
        const microseconds least = av::to_microseconds(1, av_inv_q(source_rate_));
        last_shown_until_ = input_.time_of_video(pts) + std::max(av::to_microseconds(lasts, video_.time_base), least);
        frame.pts = pts - start_;
        last_taken_ = pts;
        last_until_ = frame.pts + std::max(lasts, av_rescale_q(least.count(), av::microsecond, video_.time_base));
        // The container's pixel shape goes before that of the frames.
        if (video_.sample_aspect_ratio.num) frame.sample_aspect_ratio = video_.sample_aspect_ratio;
        if (is_to_be_filtered(frame))
            filter(frame);
        else
            encode_in_time(frame, video_.time_base, source_rate_, frame.sample_aspect_ratio);
    }

    // The last frame of a segment has no time where the container only knows when frames are decoded (AVI): it is shown
    // behind the one before it.
    std::int64_t time_of(const AVFrame& frame) const
    {
        if (frame.best_effort_timestamp != AV_NOPTS_VALUE || !is_at_the_end_ || !last_taken_)
            return frame.best_effort_timestamp;
        return *last_taken_ + av_rescale_q(1, av_inv_q(source_rate_), video_.time_base);
    }

    // Frames may change in the middle of a video; the clip's do not.
    bool is_to_be_filtered(const AVFrame& frame) const
    {
        if (filter_) return true;
        if (!encoder_) return needs_filter(frame, video_, how_);
        return frame.width != encoder_->width || frame.height != encoder_->height || frame.format != encoder_->pix_fmt;
    }

    void filter(AVFrame& frame)
    {
        if (!filter_ || !filter_->accepts(frame)) filter_.emplace(frame, video_, source_rate_, how_, encoder_.get());
        filter_->send(frame);
        take_filtered();
    }

    void take_filtered()
    {
        while (filter_->receive(filtered_.get())) {
            const av::scoped_frame unref(filtered_);
            if (is_cut_off(*unref.get(), filter_->time_base())) continue;
            encode_in_time(*unref.get(), filter_->time_base(), filter_->frame_rate(), filter_->pixel_shape());
        }
    }

    // ffmpeg's -t counts whole ticks of the filters' clock, from their first frame. One frame is left at least.
    bool is_cut_off(const AVFrame& frame, AVRational time_base)
    {
        const std::int64_t length = av_rescale_q((wanted_.end - wanted_.start).count(), av::microsecond, time_base);
        if (!first_filtered_) first_filtered_ = frame.pts;
        return frame.pts > *first_filtered_ && frame.pts - *first_filtered_ >= length;
    }

    // As often as its time and the clip's rate make it.
    void encode_in_time(AVFrame& frame, AVRational time_base, AVRational rate, AVRational pixel_shape)
    {
        if (frame.pts == AV_NOPTS_VALUE) throw encode_error("the filters gave a frame without a time");
        if (!encoder_) begin(frame, is_valid(rate) ? rate : source_rate_, pixel_shape);
        const double due = in_ticks(frame.pts, time_base, frame_rate_);
        const frame_clock::showing shown = clock_.next(due, ticks_of(frame, rate));
        std::int64_t tick = shown.tick;
        if (shown.of_previous > 0 && previous_) tick = show(*previous_, tick, shown.of_previous);
        show(frame, tick, shown.tick + shown.times - tick);
        if (!previous_) previous_ = av::make_frame();
        av_frame_unref(previous_.get());
        av::check(av_frame_ref(previous_.get(), &frame), "keep a frame");
    }

    // Ticks of the clip that a frame lasts. Its own duration does not survive filters that the user asked for.
    double ticks_of(const AVFrame& frame, AVRational rate) const
    {
        const double by_rate = is_valid(rate) ? av_q2d(frame_rate_) / av_q2d(rate) : 0;
        if (!how_.filter.empty() || how_.short_side > 0 || !how_.frame_rate.empty()) return by_rate;
        const double own = static_cast<double>(av::duration_of(frame)) * av_q2d(video_.time_base) * av_q2d(frame_rate_);
        return own > 0 ? own : by_rate;
    }

    void begin(const AVFrame& first, AVRational rate, AVRational pixel_shape)
    {
        frame_rate_ = is_valid(forced_rate_) ? forced_rate_ : rate;
        encoder_ = open_h264_encoder(first, pixel_shape, frame_rate_, how_);
        const av::parameters described = av::make_parameters();
        av::check(avcodec_parameters_from_context(described.get(), encoder_.get()), "describe the video");
        video_out_ = &writer_.add(*described, encoder_->time_base);
        video_out_->avg_frame_rate = frame_rate_;  // or the last frame would have no duration
        audio_.begin(microseconds{}, wanted_.end - wanted_.start);
    }

    void finish_video()
    {
        if (filter_) {
            filter_->end(end_of_filtered());
            take_filtered();
        }
        if (!encoder_) input_.throw_no_frame();
        if (const frame_clock::showing rest = clock_.at_the_end(); previous_) show(*previous_, rest.tick, rest.times);
        // The tick of a single late frame may be the one behind the end: a clip shows a frame that it was asked for.
        if (done_.frames == 0 && previous_) show(*previous_, 0, 1);
        encode(nullptr);

        const AVRational tick = av_inv_q(frame_rate_);
        done_.start = av::to_microseconds(first_tick_.value_or(0), tick);
        done_.duration = av::to_microseconds(done_.frames, tick);
        const microseconds lacking = wanted_.end - wanted_.start - last_shown_until_;
        done_.missing = lacking > av::to_microseconds(1, tick) ? lacking : microseconds{};
        input_.check_edits(done_.missing);
        done_.goes_on = input_.video_goes_on();
        done_.source = input_.description();
    }

    // The filters are told when the next frame would have been shown: in a gap, some time behind the end.
    std::int64_t end_of_filtered() const
    {
        const std::int64_t end = first_shown_.value_or(start_) - start_ + length_;
        const bool is_gap = input_.video_goes_on() && last_until_ < end;
        return is_gap ? end + av_rescale_q(1, {1, 1}, video_.time_base) : last_until_;
    }

    // Leaves out what would be shown after the end, as ffmpeg's -t does: a frame that was shown twice may have pushed
    // the last one there.
    std::int64_t show(AVFrame& frame, std::int64_t tick, std::int64_t times)
    {
        const std::int64_t length = (wanted_.end - wanted_.start).count();
        const auto is_inside = [&] { return av_compare_ts(tick, av_inv_q(frame_rate_), length, av::microsecond) < 0; };
        for (; times > 0 && is_inside(); --times, ++tick) {
            if (!first_tick_) first_tick_ = tick;
            frame.pts = tick;
            frame.pict_type = AV_PICTURE_TYPE_NONE;  // the encoder chooses its own
            encode(&frame);
            ++done_.frames;
        }
        return tick + std::max<std::int64_t>(times, 0);
    }

    void encode(const AVFrame* frame)
    {
        const int sent = avcodec_send_frame(encoder_.get(), frame);
        if (sent < 0) throw encode_error(av::error("encode", sent).what());
        for (;;) {
            const int code = avcodec_receive_packet(encoder_.get(), encoded_.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
            if (code < 0) throw encode_error(av::error("encode", code).what());
            const av::scoped_packet unref(encoded_);
            if (how_.reproducible) leave_out_note(*unref.get());
            writer_.write(*unref.get(), *video_out_, encoder_->time_base);
        }
    }

    segment_packets input_;
    segment wanted_;
    options how_;
    AVStream& video_;
    // The segment on the video's own clock, where ffmpeg compares: its rounding decides about frames at the edges.
    std::int64_t start_, length_;
    AVRational source_rate_, forced_rate_ = forced_rate(how_), frame_rate_{};
    recovery recovery_{video_};
    av::codec decoder_, encoder_;
    std::optional<frame_filter> filter_;
    clip_writer writer_;
    clip_audio audio_;
    AVStream* video_out_ = nullptr;
    av::frame frame_ = av::make_frame(), filtered_ = av::make_frame();
    av::frame previous_;
    av::packet encoded_ = av::make_packet();
    std::int64_t first_key_ = AV_NOPTS_VALUE;
    std::int64_t sent_ = 0;  // when the last packet that went to the decoder is shown
    bool is_at_the_end_ = false;
    std::optional<std::int64_t> first_shown_, first_filtered_, last_taken_;
    frame_clock clock_;
    std::optional<std::int64_t> first_tick_;
    microseconds last_shown_until_{};
    std::int64_t last_until_ = 0;  // the same on the video's own clock, for the filters
    result done_;
};

}  // namespace

result encode(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
{
    cutter one(source, wanted, output, how, std::move(stop));
    return one.run();
}

result make_clip(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
{
    switch (how.mode) {
        case way::lossless:
            return copy(source, wanted, output, how, std::move(stop));
        case way::smart:
            return smart_cut(source, wanted, output, how, std::move(stop));
        case way::encode:
            break;
    }
    return encode(source, wanted, output, how, std::move(stop));
}

}  // namespace reelpipe::cut
