#include "stages/cut/cut.hpp"

#include <algorithm>
#include <vector>

#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "stages/cut/clip_writer.hpp"
#include "stages/cut/frame_clock.hpp"
#include "stages/cut/material.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;

namespace {

av::codec open_decoder(const AVStream& stream)
{
    const AVCodec* const decoder = avcodec_find_decoder(stream.codecpar->codec_id);
    if (!decoder)
        throw media::error(media::fault::unsupported,
                           std::string("no decoder for ") + avcodec_get_name(stream.codecpar->codec_id));
    av::codec context(av::check_allocated(avcodec_alloc_context3(decoder)));
    av::check(avcodec_parameters_to_context(context.get(), stream.codecpar), "set up the decoder");
    context->pkt_timebase = stream.time_base;
    context->thread_count = 1;
    context->max_pixels = media::largest_picture;
    av::check(avcodec_open2(context.get(), decoder, nullptr), "open the decoder");
    return context;
}

// The settings that ffmpeg takes from the first picture, so that the encoder writes the same headers.
av::codec open_encoder(const AVFrame& first, AVRational pixel_shape, AVRational frame_rate, const options& how)
{
    const AVCodec* const encoder = avcodec_find_encoder_by_name("libx264");
    if (!encoder) throw encode_error("this FFmpeg was built without libx264");
    av::codec context(av::check_allocated(avcodec_alloc_context3(encoder)));
    context->width = first.width;
    context->height = first.height;
    context->pix_fmt = static_cast<AVPixelFormat>(first.format);
    context->sample_aspect_ratio = pixel_shape;
    context->time_base = av_inv_q(frame_rate);
    context->framerate = frame_rate;
    context->color_range = first.color_range;
    context->colorspace = first.colorspace;
    context->color_primaries = first.color_primaries;
    context->color_trc = first.color_trc;
    context->chroma_sample_location = first.chroma_location;
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;

    av::dictionary settings;
    settings.set("preset", how.preset);
    settings.set("crf", std::int64_t{how.crf});
    const int opened = avcodec_open2(context.get(), encoder, settings.address());
    if (opened < 0) throw encode_error(av::error("open libx264", opened).what());
    return context;
}

// One cut from its first packet to its last. Pictures go through decoder and encoder, sound goes straight to the
// writer, both on a clock that is 0 at the start of the segment.
class cutter {
public:
    cutter(const film& source, segment wanted, int output, const options& how, std::stop_token stop)
        : input_(source, wanted, std::move(stop)),
          wanted_(wanted),
          how_(how),
          video_(input_.video()),
          audio_(input_.audio()),
          start_(input_.start_of_pictures()),
          length_(av_rescale_q((wanted.end - wanted.start).count(), av::microsecond, video_.time_base)),
          frame_rate_(av_guess_frame_rate(input_.container(), &video_, nullptr)),
          decoder_(open_decoder(video_)),
          writer_(output)
    {
        if (frame_rate_.num <= 0 || frame_rate_.den <= 0) frame_rate_ = {25, 1};  // as ffmpeg assumes
    }

    result run()
    {
        const av::packet packet = av::make_packet();
        for (;;) {
            const material::kind got = input_.next(packet.get());
            if (got == material::kind::end) break;
            const av::packet_turn turn(packet);
            if (got == material::kind::picture)
                decode(turn.get());
            else
                copy_sound(*turn.get());
        }
        decode(nullptr);
        if (!encoder_) throw media::error(media::fault::beyond_end, "the segment starts after the end of the video");
        if (const std::int64_t again = clock_.at_the_end(); again > 0 && previous_) show(*previous_, again);
        encode(nullptr);
        writer_.finish();

        done_.duration = av::to_microseconds(done_.frames, av_inv_q(frame_rate_));
        const microseconds tick = av::to_microseconds(1, av_inv_q(frame_rate_));
        const microseconds lacking = wanted_.end - wanted_.start - last_shown_until_;
        done_.missing = lacking > tick ? lacking : microseconds{};
        return done_;
    }

private:
    void decode(const AVPacket* packet)
    {
        // Before the segment only pictures that others are made from are of use, and none of them is missed.
        if (packet && first_key_ == AV_NOPTS_VALUE) first_key_ = packet->pts;
        const bool lead_in = packet && packet->pts != AV_NOPTS_VALUE && packet->pts < start_;
        decoder_->skip_frame = lead_in ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
        const int sent = avcodec_send_packet(decoder_.get(), packet);
        if (sent < 0 && sent != AVERROR_EOF && !(packet && is_leading(packet->pts))) corrupt(sent);
        for (;;) {
            const int code = avcodec_receive_frame(decoder_.get(), picture_.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
            if (code < 0) corrupt(code);
            const av::frame_turn turn(picture_);
            take(*turn.get());
        }
    }

    // Pictures that are decoded after the first key frame and shown before it may lean on what was not read. Every
    // other one in front of the segment is part of what the segment's pictures are made from.
    bool is_leading(std::int64_t pts) const { return pts < first_key_; }

    [[noreturn]] void corrupt(int code) const
    {
        if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
        throw media::error(media::fault::corrupt, av::error("decode", code).what());
    }

    void take(AVFrame& picture)
    {
        if (picture.best_effort_timestamp == AV_NOPTS_VALUE)
            throw media::error(media::fault::corrupt, "a picture without a time");
        const std::int64_t pts = picture.best_effort_timestamp;
        if (is_leading(pts) || pts >= start_ + length_) return;
        if (picture.decode_error_flags || picture.flags & AV_FRAME_FLAG_CORRUPT)
            throw media::error(media::fault::corrupt, "a picture of the segment cannot be decoded");
        if (pts < start_) return;
        if (!encoder_) begin(picture);

        const microseconds time = input_.time_of_picture(pts);
        const double ticks_a_second = av_q2d(frame_rate_);
        const double duration =
            av_q2d(video_.time_base) * static_cast<double>(av::duration_of(picture)) * ticks_a_second;
        const double due = std::chrono::duration<double>(time).count() * ticks_a_second;
        const frame_clock::showing shown = clock_.next(due, duration > 0 ? duration : 1);
        last_shown_until_ =
            time + microseconds(static_cast<std::int64_t>(1e6 * std::max(duration, 1.0) / ticks_a_second));
        if (shown.of_previous > 0 && previous_) show(*previous_, shown.of_previous);
        show(picture, shown.times - (previous_ ? shown.of_previous : 0));
        if (!previous_) previous_ = av::make_frame();
        av_frame_unref(previous_.get());
        av::check(av_frame_ref(previous_.get(), &picture), "keep a picture");
    }

    void begin(const AVFrame& first)
    {
        if (first.format != AV_PIX_FMT_YUV420P && first.format != AV_PIX_FMT_YUVJ420P)
            throw media::error(media::fault::unsupported, "pictures that are not 8-bit 4:2:0");
        // What the container says of the pixels' shape goes before what the pictures say.
        const AVRational shape =
            video_.sample_aspect_ratio.num ? video_.sample_aspect_ratio : first.sample_aspect_ratio;
        encoder_ = open_encoder(first, shape, frame_rate_, how_);
        const av::parameters described = av::make_parameters();
        av::check(avcodec_parameters_from_context(described.get(), encoder_.get()), "describe the video");
        pictures_out_ = &writer_.add(*described, encoder_->time_base);
        pictures_out_->avg_frame_rate = frame_rate_;  // or the last picture would have no duration
        if (audio_) sound_out_ = &writer_.add(*audio_->codecpar, audio_->time_base);
        writer_.begin();
        for (const av::packet& kept : early_sound_) writer_.write(*kept, *sound_out_, audio_->time_base);
        early_sound_.clear();
    }

    // What would be shown after the end is left out, as ffmpeg's -t does: a picture that was shown twice may have
    // pushed the last one there.
    void show(AVFrame& picture, std::int64_t times)
    {
        const AVRational tick = av_inv_q(frame_rate_);
        const std::int64_t length = (wanted_.end - wanted_.start).count();
        for (; times > 0 && av_compare_ts(done_.frames, tick, length, av::microsecond) < 0; --times) {
            picture.pts = done_.frames++;
            picture.pict_type = AV_PICTURE_TYPE_NONE;  // the encoder chooses its own
            encode(&picture);
        }
    }

    void encode(const AVFrame* picture)
    {
        const int sent = avcodec_send_frame(encoder_.get(), picture);
        if (sent < 0) throw encode_error(av::error("encode", sent).what());
        for (;;) {
            const int code = avcodec_receive_packet(encoder_.get(), encoded_.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
            if (code < 0) throw encode_error(av::error("encode", code).what());
            const av::packet_turn turn(encoded_);
            writer_.write(*turn.get(), *pictures_out_, encoder_->time_base);
        }
    }

    // Whole packets that begin inside the segment.
    void copy_sound(AVPacket& packet)
    {
        if (packet.pts == AV_NOPTS_VALUE) return;
        const microseconds time = input_.time_of_sound(packet.pts);
        if (time < microseconds{} || time >= wanted_.end - wanted_.start) return;
        const std::int64_t zero = input_.start_of_sound();
        packet.pts -= zero;
        packet.dts = packet.dts == AV_NOPTS_VALUE ? packet.pts : packet.dts - zero;
        done_.audio = true;
        if (sound_out_) {
            writer_.write(packet, *sound_out_, audio_->time_base);
            return;
        }
        early_sound_.push_back(av::make_packet());  // the header waits for the first picture
        av_packet_move_ref(early_sound_.back().get(), &packet);
    }

    material input_;
    segment wanted_;
    options how_;
    AVStream& video_;
    AVStream* audio_;
    // The segment on the video's own clock, where ffmpeg compares: its rounding decides about pictures at the edges.
    std::int64_t start_, length_;
    AVRational frame_rate_;
    av::codec decoder_, encoder_;
    clip_writer writer_;
    AVStream *pictures_out_ = nullptr, *sound_out_ = nullptr;
    std::vector<av::packet> early_sound_;
    av::frame picture_ = av::make_frame();
    av::frame previous_;
    av::packet encoded_ = av::make_packet();
    std::int64_t first_key_ = AV_NOPTS_VALUE;
    frame_clock clock_;
    microseconds last_shown_until_{};
    result done_;
};

}  // namespace

result encode(const film& source, segment wanted, int output, const options& how, std::stop_token stop)
{
    cutter one(source, wanted, output, how, std::move(stop));
    return one.run();
}

}  // namespace reelpipe::cut
