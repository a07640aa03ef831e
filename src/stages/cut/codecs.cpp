#include "stages/cut/codecs.hpp"

#include <fmt/format.h>

#include "media/error.hpp"
#include "media/limits.hpp"

namespace reelpipe::cut {

namespace {

std::string x264_parameters_of(const options& how)
{
    if (!how.reproducible) return how.x264_params;
    return fmt::format("cpu-independent=1{}{}", how.x264_params.empty() ? "" : ":", how.x264_params);
}

}  // namespace

int guard(int code, const char* doing)
{
    if (code < 0) throw encode_error(av::error(doing, code).what());
    return code;
}

std::string codec_name(const AVCodecParameters& stream)
{
    if (stream.codec_id != AV_CODEC_ID_NONE) return avcodec_get_name(stream.codec_id);
    char tag[AV_FOURCC_MAX_STRING_SIZE] = "";
    return std::string("the unknown codec ") + av_fourcc_make_string(tag, stream.codec_tag);
}

av::codec open_decoder(const AVStream& stream, const options& how)
{
    const AVCodec* const decoder = avcodec_find_decoder(stream.codecpar->codec_id);
    if (!decoder) throw media::error(media::fault::unsupported, "no decoder for " + codec_name(*stream.codecpar));
    av::codec context(av::check_allocated(avcodec_alloc_context3(decoder)));
    av::check(avcodec_parameters_to_context(context.get(), stream.codecpar), "set up the decoder");
    context->pkt_timebase = stream.time_base;
    context->thread_count = 1;
    context->max_pixels = media::max_frame_pixels;
    if (how.keep_corrupt) context->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
    const int opened = avcodec_open2(context.get(), decoder, nullptr);
    if (opened < 0) throw media::error(fault_of(opened), av::error("open the decoder", opened).what());
    return context;
}

media::fault fault_of(int code)
{
    const bool is_lacking = code == AVERROR_PATCHWELCOME || code == AVERROR(ENOSYS) ||
                            code == AVERROR_DECODER_NOT_FOUND || code == AVERROR_BUG;
    return is_lacking ? media::fault::unsupported : media::fault::corrupt;
}

av::codec open_h264_encoder(const AVFrame& first, AVRational pixel_shape, AVRational frame_rate, const options& how)
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
    context->field_order = av::field_order_of(first);
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;

    av::dictionary settings;
    settings.set("preset", how.preset);
    settings.set("crf", std::int64_t{how.crf});
    if (!how.tune.empty()) settings.set("tune", how.tune);
    if (how.b_frames) settings.set("bf", std::int64_t{*how.b_frames});
    if (how.gop > 0) settings.set("g", std::int64_t{how.gop});
    if (const std::string parameters = x264_parameters_of(how); !parameters.empty())
        settings.set("x264-params", parameters);
    const int opened = avcodec_open2(context.get(), encoder, settings.address());
    if (opened < 0) throw encode_error(av::error("open libx264", opened).what());
    return context;
}

}  // namespace reelpipe::cut
