#include <fmt/format.h>

#include <algorithm>
#include <string_view>

extern "C" {
#include <libavutil/parseutils.h>
#include <libavutil/pixdesc.h>
}

#include "media/av.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

namespace {

constexpr int max_b_frames = 16;  // of libx264
constexpr int max_multiple = 128;

const AVCodec& libx264()
{
    const AVCodec* const encoder = avcodec_find_encoder_by_name("libx264");
    if (!encoder) throw std::invalid_argument("this FFmpeg was built without libx264");
    return *encoder;
}

void check_pixel_format(const std::string& name)
{
    const AVPixelFormat wanted = av_get_pix_fmt(name.c_str());
    std::string choice;
    for (const AVPixelFormat* each = av::pixel_formats_of(libx264()); *each != AV_PIX_FMT_NONE; ++each) {
        if (*each == wanted) return;
        choice += fmt::format("{}{}", choice.empty() ? "" : ", ", av_get_pix_fmt_name(*each));
    }
    throw std::invalid_argument(fmt::format("libx264 has no pixel format {}; it has {}", name, choice));
}

// libx264 knows its presets and tunes only when it is opened. It writes the name of one that it does not know to the
// standard error stream, by itself and as it is.
void check_preset(const options& how)
{
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (!std::ranges::all_of(how.preset, is_letter))
        throw std::invalid_argument(fmt::format("libx264 has no preset '{}'", how.preset));
    if (!std::ranges::all_of(how.tune, [&](char c) { return is_letter(c) || c == ','; }))
        throw std::invalid_argument(fmt::format("libx264 has no tune '{}'", how.tune));
    const AVCodec& encoder = libx264();
    const av::codec context(av::check_allocated(avcodec_alloc_context3(&encoder)));
    context->width = context->height = 64;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = {1, 25};
    context->thread_count = 1;
    av::dictionary settings;
    settings.set("preset", how.preset);
    settings.set("crf", std::int64_t{how.crf});
    if (!how.tune.empty()) settings.set("tune", how.tune);
    if (!how.x264_params.empty()) settings.set("x264-params", how.x264_params);
    av::forget_log(AV_LOG_WARNING);  // an unknown parameter is no error to libav
    const int opened = avcodec_open2(context.get(), &encoder, settings.address());
    const std::string said(av::last_message());
    av::forget_log();
    if (opened >= 0 && said.starts_with("Error parsing option"))
        throw std::invalid_argument(fmt::format("libx264 does not take its parameters: {}", said));
    const std::string with_tune = how.tune.empty() ? "" : fmt::format(" and tune {}", how.tune);
    if (opened < 0)
        throw std::invalid_argument(
            av::error(fmt::format("libx264 with preset {}{}", how.preset, with_tune), opened).what());
}

void check_frame_rate(const std::string& text)
{
    constexpr double highest = 1000;  // each frame is encoded, and a slip of the pen asks for a billion a second
    AVRational rate{};
    if (av_parse_video_rate(&rate, text.c_str()) < 0)
        throw std::invalid_argument(fmt::format("{} is not a frame rate such as 25, 29.97 or 30000/1001", text));
    if (av_q2d(rate) > highest)
        throw std::invalid_argument(fmt::format("a frame rate of {} is above {}", text, highest));
}

// Names, arguments and links; whether they fit the frames shows with the first one.
void check_filter(const std::string& description)
{
    const av::graph graph(av::check_allocated(avfilter_graph_alloc()));
    av::filter_ends ends;
    const int parsed = avfilter_graph_parse2(graph.get(), description.c_str(), &ends.inputs, &ends.outputs);
    if (parsed < 0) throw std::invalid_argument(av::error(fmt::format("filter {}", description), parsed).what());
    if (!ends.are_one_each())
        throw std::invalid_argument(fmt::format("filter {}: it must have one input and one output", description));
    const auto is_of_video = [](const AVFilterInOut& end, const AVFilterPad* pads) {
        return avfilter_pad_get_type(pads, end.pad_idx) == AVMEDIA_TYPE_VIDEO;
    };
    if (!is_of_video(*ends.inputs, ends.inputs->filter_ctx->input_pads) ||
        !is_of_video(*ends.outputs, ends.outputs->filter_ctx->output_pads))
        throw std::invalid_argument(fmt::format("filter {}: not a video filter", description));
}

}  // namespace

void check(const options& how)
{
    av::prepare();
    av::forget_log();
    if (how.mode == way::lossless && how.needs_encoder())
        throw std::invalid_argument(
            "--preset, --crf and other options that shape clips need --cut encode; --cut lossless copies packets");
    if (how.mode == way::lossless && how.keep_corrupt)
        throw std::invalid_argument("--keep-corrupt needs --cut encode; --cut lossless cannot keep damaged frames");
    if (how.gop < 0) throw std::invalid_argument("--gop must be at least 1");
    if (how.b_frames && (*how.b_frames < 0 || *how.b_frames > max_b_frames))
        throw std::invalid_argument(fmt::format("--bframes must be 0 to {}", max_b_frames));
    if (how.multiple != 0 && (how.multiple < 2 || how.multiple > max_multiple || how.multiple % 2 != 0))
        throw std::invalid_argument(fmt::format("--mod must be an even number from 2 to {}", max_multiple));
    if (how.short_side != 0 && how.short_side < 16) throw std::invalid_argument("--short-side must be at least 16");
    check_preset(how);
    if (!how.pixel_format.empty()) check_pixel_format(how.pixel_format);
    if (!how.frame_rate.empty()) check_frame_rate(how.frame_rate);
    if (!how.filter.empty()) check_filter(how.filter);
}

}  // namespace reelpipe::cut
