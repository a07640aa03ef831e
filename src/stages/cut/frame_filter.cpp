#include "stages/cut/frame_filter.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

#include "media/error.hpp"
#include "media/limits.hpp"
#include "stages/cut/codecs.hpp"

namespace reelpipe::cut {

namespace {

constexpr const char* default_format = "yuv420p";

const std::int32_t* display_matrix(const AVFrame& frame, const AVStream& stream)
{
    const AVFrameSideData* own = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
    return own ? reinterpret_cast<const std::int32_t*>(own->data) : av::display_matrix_of(stream);
}

// Degrees clockwise in [0, 360), a little below 0 included, as ffmpeg counts them.
double turned_by(const std::int32_t* matrix)
{
    const double clockwise = matrix ? -std::round(av_display_rotation_get(matrix)) : 0;
    return std::isfinite(clockwise) ? clockwise - 360 * std::floor(clockwise / 360 + 0.9 / 360) : 0;
}

bool is_upright(const std::int32_t* matrix) { return !matrix || (turned_by(matrix) < 1 && matrix[4] >= 0); }

bool is_full_range(const AVFrame& frame)
{
    const AVPixFmtDescriptor* const format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    const bool is_named_so = format && std::string_view(format->name).starts_with("yuvj");
    return is_named_so || (frame.color_range == AVCOL_RANGE_JPEG && format && !(format->flags & AV_PIX_FMT_FLAG_RGB));
}

// Full range has formats of its own, which hold the same samples.
bool has_wanted_format(const AVFrame& frame, const options& how)
{
    if (how.limited_range && is_full_range(frame)) return false;
    if (how.pixel_format.empty() && frame.format == AV_PIX_FMT_YUVJ420P) return true;
    return frame.format == av_get_pix_fmt((how.pixel_format.empty() ? default_format : how.pixel_format).c_str());
}

// A frame of this format has whole samples of colour in width and height.
struct grid {
    int width, height;
};
grid grid_of(const options& how)
{
    const AVPixFmtDescriptor* format =
        av_pix_fmt_desc_get(av_get_pix_fmt(how.pixel_format.empty() ? default_format : how.pixel_format.c_str()));
    if (!format) return {1, 1};
    return {1 << format->log2_chroma_w, 1 << format->log2_chroma_h};
}

bool fits(const AVFrame& frame, grid cells)
{
    return frame.width % cells.width == 0 && frame.height % cells.height == 0;
}

// The shorter side is N, or what it was where that is less, and both are even.
std::string shortened(int n)
{
    return fmt::format("w='if(lte(iw,ih),2*trunc(min({0},iw)/2),-2)':h='if(lte(iw,ih),-2,2*trunc(min({0},ih)/2))'", n);
}

// The width that the frame is shown with, and its height; with `n`, both shortened as above.
std::string squared(int n)
{
    if (n == 0) return "w='2*max(1,round(iw*sar/2))':h=ih";
    const std::string shown = "round(iw*sar)", width = fmt::format("2*trunc(min({},{})/2)", n, shown),
                      height = fmt::format("2*trunc(min({},ih)/2)", n);
    return fmt::format(
        "w='if(lte({0},ih),{1},2*max(1,round({0}*{2}/ih/2)))':h='if(lte({0},ih),"
        "2*max(1,round(ih*{1}/{0}/2)),{2})'",
        shown, width, height);
}

bool has_square_pixels(const AVFrame& frame)
{
    const AVRational shape = frame.sample_aspect_ratio;
    return shape.num <= 0 || shape.den <= 0 || shape.num == shape.den;
}

// A frame that is to be widened must not become larger than one that may be decoded.
void check_shape(const AVFrame& frame)
{
    constexpr double widest = 8;
    const double shape = has_square_pixels(frame) ? 1 : av_q2d(frame.sample_aspect_ratio);
    const double pixels = shape * frame.width * frame.height;
    if (shape > widest || shape < 1 / widest || pixels > static_cast<double>(media::max_frame_pixels))
        throw media::error(media::fault::unsupported,
                           fmt::format("frames of {}x{} with pixels of {}:{}, which do not become square", frame.width,
                                       frame.height, frame.sample_aspect_ratio.num, frame.sample_aspect_ratio.den));
}

// What is cut off comes off both edges. A smaller frame only becomes even.
std::string cut_down_to(int multiple)
{
    return fmt::format(
        "w='if(lt(iw,{0}),2*trunc(iw/2),{0}*trunc(iw/{0}))':h='if(lt(ih,{0}),2*trunc(ih/2),"
        "{0}*trunc(ih/{0}))'",
        multiple);
}

}  // namespace

bool needs_filter(const AVFrame& frame, const AVStream& stream, const options& how)
{
    return how.short_side > 0 || !how.filter.empty() || !how.frame_rate.empty() || !has_wanted_format(frame, how) ||
           !fits(frame, grid_of(how)) || (how.square_pixels && !has_square_pixels(frame)) ||
           (how.multiple > 0 && !fits(frame, {how.multiple, how.multiple})) ||
           !is_upright(display_matrix(frame, stream));
}

frame_filter::frame_filter(const AVFrame& like, const AVStream& stream, AVRational frame_rate, const options& how,
                           const AVCodecContext* encoder)
    : width_(like.width),
      height_(like.height),
      format_(like.format),
      colours_(av::colours_of(like)),
      scaling_(how.reproducible ? "flags=bicubic+accurate_rnd+bitexact" : "flags=bicubic"),  // ffmpeg: bicubic
      graph_(av::check_allocated(avfilter_graph_alloc()))
{
    graph_->nb_threads = 1;
    graph_->scale_sws_opts = av::check_allocated(av_strdup(scaling_.c_str()));
    const AVRational shape = like.sample_aspect_ratio.den ? like.sample_aspect_ratio : AVRational{0, 1};
    append("buffer", fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}:frame_rate={}/{}{}",
                                 like.width, like.height, like.format, stream.time_base.num, stream.time_base.den,
                                 shape.num, shape.den, frame_rate.num, frame_rate.den, colours_));
    source_ = last_;
    append_upright(like, stream);
    if (!how.filter.empty()) append_user(how.filter);
    if (!how.frame_rate.empty()) append("fps", how.frame_rate);
    if (how.square_pixels && (!how.filter.empty() || !has_square_pixels(like))) {
        check_shape(like);
        append_scale(squared(how.short_side));
        append("setsar", "1");
    } else if (how.short_side > 0) {
        append_scale(shortened(how.short_side));
    }
    if (how.multiple > 0) append("crop", cut_down_to(how.multiple));
    if (const grid cells = grid_of(how); !how.filter.empty() || !fits(like, cells))
        append("crop", fmt::format("{0}*trunc(iw/{0}):{1}*trunc(ih/{1}):0:0", cells.width, cells.height));
    const bool gets_limited = how.limited_range && is_full_range(like);
    if (gets_limited) append_scale("out_range=tv");
    // Without this, the conversion to fewer samples of colour would be one to limited range, too.
    if (!encoder && !gets_limited && is_full_range(like) && like.format != AV_PIX_FMT_YUVJ420P &&
        !has_wanted_format(like, how))
        append_scale("out_range=pc");
    if (encoder) append_scale(fmt::format("{}:{}", encoder->width, encoder->height));
    if (encoder)
        append("format", av_get_pix_fmt_name(encoder->pix_fmt));
    else if (how.pixel_format.empty())
        append("format", like.format == AV_PIX_FMT_YUVJ420P && !gets_limited ? "yuvj420p|yuv420p" : default_format);
    else
        append("format", how.pixel_format);
    append("buffersink", "");
    sink_ = last_;
    guard(avfilter_graph_config(graph_.get(), nullptr), "set up the filters");
}

void frame_filter::append(const char* filter, const std::string& arguments)
{
    AVFilterContext* made = nullptr;
    guard(avfilter_graph_create_filter(&made, avfilter_get_by_name(filter), filter, arguments.c_str(), nullptr,
                                       graph_.get()),
          filter);
    if (last_) guard(avfilter_link(last_, last_pad_, made, 0), filter);
    last_ = made;
    last_pad_ = 0;
}

void frame_filter::append_scale(const std::string& arguments) { append("scale", arguments + ":" + scaling_); }

void frame_filter::append_upright(const AVFrame& frame, const AVStream& stream)
{
    const std::int32_t* const matrix = display_matrix(frame, stream);
    if (is_upright(matrix)) return;
    const double angle = turned_by(matrix);
    if (std::abs(angle - 90) < 1) {
        append("transpose", matrix[3] > 0 ? "cclock_flip" : "clock");
    } else if (std::abs(angle - 270) < 1) {
        append("transpose", matrix[3] < 0 ? "clock_flip" : "cclock");
    } else if (std::abs(angle - 180) < 1) {
        if (matrix[0] < 0) append("hflip", "");
        if (matrix[4] < 0) append("vflip", "");
    } else if (angle < 1) {
        append("vflip", "");
    } else {
        append("rotate", fmt::format("{:f}*PI/180", angle));
    }
}

void frame_filter::append_user(const std::string& description)
{
    av::filter_ends ends;
    guard(avfilter_graph_parse2(graph_.get(), description.c_str(), &ends.inputs, &ends.outputs), "read the filters");
    if (!ends.are_one_each()) throw encode_error("the filters need one input and one output");
    guard(avfilter_link(last_, last_pad_, ends.inputs->filter_ctx, static_cast<unsigned>(ends.inputs->pad_idx)),
          "connect the filters");
    last_ = ends.outputs->filter_ctx;
    last_pad_ = static_cast<unsigned>(ends.outputs->pad_idx);
}

bool frame_filter::accepts(const AVFrame& frame) const
{
    return frame.width == width_ && frame.height == height_ && frame.format == format_ &&
           av::colours_of(frame) == colours_;
}

void frame_filter::send(AVFrame& frame) { guard(av_buffersrc_add_frame(source_, &frame), "filter a frame"); }

void frame_filter::end(std::int64_t time) { guard(av_buffersrc_close(source_, time, 0), "filter a frame"); }

bool frame_filter::receive(AVFrame* frame)
{
    const int code = av_buffersink_get_frame(sink_, frame);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return false;
    guard(code, "filter a frame");
    return true;
}

AVRational frame_filter::time_base() const { return av_buffersink_get_time_base(sink_); }
AVRational frame_filter::frame_rate() const { return av_buffersink_get_frame_rate(sink_); }
AVRational frame_filter::pixel_shape() const { return av_buffersink_get_sample_aspect_ratio(sink_); }

}  // namespace reelpipe::cut
