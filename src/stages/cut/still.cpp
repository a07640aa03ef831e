#include "stages/cut/still.hpp"

#include <algorithm>

extern "C" {
#include <libavutil/base64.h>
}

#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "stages/cut/codecs.hpp"
#include "stages/cut/frame_filter.hpp"

namespace reelpipe::cut {

namespace {

constexpr int longest_side = 4;  // times the shorter one

// The next frame that is shown.
void decode_into(AVFrame* frame, media::demuxer& clip, AVCodecContext* decoder)
{
    const av::packet packet = av::make_packet();
    for (bool has_more = true; has_more;) {
        has_more = clip.read(packet.get());
        const av::scoped_packet unref(packet);
        if (has_more && unref->stream_index != clip.video()->index) continue;
        const int sent = avcodec_send_packet(decoder, has_more ? unref.get() : nullptr);
        if (sent < 0) throw media::error(fault_of(sent), av::error("decode a frame", sent).what());
        const int code = avcodec_receive_frame(decoder, frame);
        if (code >= 0) return;
        if (code != AVERROR(EAGAIN) && code != AVERROR_EOF)
            throw media::error(fault_of(code), av::error("decode a frame", code).what());
    }
    throw media::error(media::fault::corrupt, "no frame is shown there");
}

std::string base64_of(const AVPacket& bytes)
{
    std::string text(AV_BASE64_SIZE(static_cast<std::size_t>(bytes.size)), '\0');
    if (!av_base64_encode(text.data(), static_cast<int>(text.size()), bytes.data, bytes.size))
        throw encode_error("write an image as text");
    text.resize(text.find('\0'));
    return text;
}

std::string jpeg_of(AVFrame& frame)
{
    constexpr int quality = 6 * FF_QP2LAMBDA;  // 2 is the best, 31 the worst
    const AVCodec* const encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (!encoder) throw encode_error("this FFmpeg was built without a JPEG encoder");
    const av::codec context(av::check_allocated(avcodec_alloc_context3(encoder)));
    context->width = frame.width;
    context->height = frame.height;
    context->pix_fmt = static_cast<AVPixelFormat>(frame.format);
    context->color_range = AVCOL_RANGE_JPEG;
    context->time_base = {1, 25};
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = quality;
    guard(avcodec_open2(context.get(), encoder, nullptr), "open the JPEG encoder");
    frame.quality = quality;
    frame.pict_type = AV_PICTURE_TYPE_NONE;
    frame.pts = 0;
    guard(avcodec_send_frame(context.get(), &frame), "encode an image");
    guard(avcodec_send_frame(context.get(), nullptr), "encode an image");
    const av::packet packet = av::make_packet();
    guard(avcodec_receive_packet(context.get(), packet.get()), "encode an image");
    return base64_of(*packet);
}

}  // namespace

still take_still(const media::partial_file& file, std::chrono::microseconds at, int short_side)
{
    media::demuxer clip(file);
    const av::codec decoder = open_decoder(*clip.video(), {});
    decoder->skip_loop_filter = AVDISCARD_NONREF;
    clip.seek(at);
    const av::frame frame = av::make_frame();
    decode_into(frame.get(), clip, decoder.get());
    const auto [shorter, longer] = std::minmax(frame->width, frame->height);
    if (longer > longest_side * shorter) throw media::error(media::fault::unsupported, "its frames are a narrow strip");

    frame_filter filter(*frame, *clip.video(), {25, 1}, {.pixel_format = "yuvj420p", .short_side = short_side});
    filter.send(*frame);
    filter.end(0);
    const av::frame small = av::make_frame();
    if (!filter.receive(small.get())) throw encode_error("the filters gave no frame");
    return {.width = small->width, .height = small->height, .jpeg = jpeg_of(*small)};
}

}  // namespace reelpipe::cut
