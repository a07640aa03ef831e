#include "stages/verify/decoding.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "media/limits.hpp"
#include "reelpipe/clip.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe::verify {

namespace {

av::codec open_decoder(const AVStream& stream, int errors_that_count)
{
    const AVCodec* const codec = avcodec_find_decoder(stream.codecpar->codec_id);
    if (!codec) throw verify_error(fmt::format("no decoder for {}", avcodec_get_name(stream.codecpar->codec_id)));
    av::codec decoder(av::check_allocated(avcodec_alloc_context3(codec)));
    av::check(avcodec_parameters_to_context(decoder.get(), stream.codecpar), "set up the decoder");
    decoder->pkt_timebase = stream.time_base;
    decoder->thread_count = 1;
    decoder->max_pixels = media::max_frame_pixels;
    decoder->err_recognition = errors_that_count;
    const int opened = avcodec_open2(decoder.get(), codec, nullptr);
    if (opened < 0) throw decode_error(av::error("open the decoder", opened).what());
    return decoder;
}

constexpr int errors_of_audio = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;

void expect_of_first_frame(int code)
{
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (code < 0) throw decode_error(av::error("the first frame cannot be decoded", code).what());
}

}  // namespace

first_frame::first_frame(const AVStream& stream) : decoder_(open_decoder(stream, 0))
{
    decoder_->skip_loop_filter = AVDISCARD_ALL;  // it changes how a frame looks, not whether there is one
}

void first_frame::feed(const AVPacket* packet)
{
    if (seen_) return;
    if (std::exchange(is_first_, false) && packet) seen_ = stands_alone(*packet);
    if (seen_) return;
    expect_of_first_frame(avcodec_send_packet(decoder_.get(), packet));
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code == AVERROR(EAGAIN)) return;
    expect_of_first_frame(code);
    seen_ = true;
}

// A decoder holds its first frame back until it knows which of the next ones are shown before it, unless it is told
// that there are none.
bool first_frame::stands_alone(const AVPacket& packet)
{
    const bool decoded = avcodec_send_packet(decoder_.get(), &packet) >= 0 &&
                         avcodec_send_packet(decoder_.get(), nullptr) >= 0 &&
                         avcodec_receive_frame(decoder_.get(), frame_.get()) >= 0;
    avcodec_flush_buffers(decoder_.get());
    return decoded;
}

// Decoders make up for damage unless they are told not to, and look at checksums on request only.
decoding::decoding(const AVStream& stream)
    : time_base_(stream.time_base),
      what_(stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO ? "frame" : "audio"),
      decoder_(
          open_decoder(stream, stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO ? AV_EF_EXPLODE : errors_of_audio))
{
}

void decoding::feed(const AVPacket* packet)
{
    const bool hidden = packet && packet->flags & AV_PKT_FLAG_DISCARD;
    if (packet && !hidden && packet->pts != AV_NOPTS_VALUE) last_ = packet->pts;
    if (hidden) hidden_.insert(packet->pts);
    expect(avcodec_send_packet(decoder_.get(), packet), hidden);
    for (;;) {
        const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        expect(code, hidden);
        if (code < 0) continue;
        const av::scoped_frame unref(frame_);
        if (unref->decode_error_flags || unref->flags & AV_FRAME_FLAG_CORRUPT) expect(AVERROR_INVALIDDATA, hidden);
        // Most decoders of libav keep to themselves what is hidden; that of AV1 in FFmpeg 5.1 does not.
        if (hidden_.erase(unref->pts) == 0) ++count_;
    }
}

void decoding::expect(int code, bool hidden) const
{
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (code >= 0 || hidden) return;
    throw decode_error(fmt::format("the {} at {:.3f} s {}", what_, in_seconds(av::to_microseconds(last_, time_base_)),
                                   av::error("cannot be decoded", code).what()));
}

}  // namespace reelpipe::verify
