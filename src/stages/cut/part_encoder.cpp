#include "stages/cut/part_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "media/error.hpp"
#include "stages/cut/codecs.hpp"

namespace reelpipe::cut {

namespace h264 = media::h264;

namespace {

constexpr double identical = 100;  // dB

const char* profile_name(unsigned profile)
{
    switch (profile) {
        case 66:
            return "baseline";
        case 77:
            return "main";
        case 100:
            return "high";
        case 110:
            return "high10";
        case 122:
            return "high422";
        default:
            return nullptr;
    }
}

// Settings that libavcodec has no options for. `stitchable` keeps out of libx264's parameter sets what depends on the
// quality, so that parts of different quality share them. `mbtree` is off, as it costs the last frames of a short part
// their quality.
std::string x264_parameters(const part_format& f)
{
    const std::size_t frames = f.like.order ? f.like.order->buffered_frames : f.like.reference_frames;
    const bool is_high = f.like.profile >= 100;
    std::string all =
        fmt::format("sps-id={}:dpb-size={}:stitchable=1:mbtree=0", f.set_id, std::max<std::size_t>(frames, 1));
    if (f.like.profile != 66) all += fmt::format(":cabac=1:8x8dct={}", is_high ? 1 : 0);
    if (f.reproducible) all += ":cpu-independent=1";
    if (f.reordered_frames > 0) all += fmt::format(":b-pyramid={}", f.reordered_frames > 1 ? "normal" : "none");
    return all;
}

// libx264 reorders one frame, or two with a pyramid.
int b_frames_for(std::size_t reordered)
{
    if (reordered == 0) return 0;
    return reordered == 1 ? 2 : 3;
}

struct squares {
    double sum = 0, count = 0;
};

template <class Sample> squares squares_of_plane(const AVFrame& a, const AVFrame& b, int plane, int width, int height)
{
    squares all;
    for (int y = 0; y < height; ++y) {
        const auto* one = reinterpret_cast<const Sample*>(a.data[plane] + std::ptrdiff_t{y} * a.linesize[plane]);
        const auto* other = reinterpret_cast<const Sample*>(b.data[plane] + std::ptrdiff_t{y} * b.linesize[plane]);
        std::uint64_t row = 0;
        for (int x = 0; x < width; ++x) {
            const int d = static_cast<int>(one[x]) - static_cast<int>(other[x]);
            row += static_cast<std::uint32_t>(d * d);
        }
        all.sum += static_cast<double>(row);
    }
    all.count = static_cast<double>(width) * height;
    return all;
}

// Planar YUV, as pixel_format_of() gives it.
double psnr(const AVFrame& a, const AVFrame& b)
{
    const AVPixFmtDescriptor& format = *av_pix_fmt_desc_get(static_cast<AVPixelFormat>(a.format));
    squares all;
    for (int plane = 0; plane < 3; ++plane) {
        const int width = plane == 0 ? a.width : AV_CEIL_RSHIFT(a.width, format.log2_chroma_w);
        const int height = plane == 0 ? a.height : AV_CEIL_RSHIFT(a.height, format.log2_chroma_h);
        const squares one = format.comp[plane].depth > 8 ? squares_of_plane<std::uint16_t>(a, b, plane, width, height)
                                                         : squares_of_plane<std::uint8_t>(a, b, plane, width, height);
        all.sum += one.sum;
        all.count += one.count;
    }
    if (all.sum == 0) return identical;
    const double most = std::ldexp(1.0, format.comp[0].depth) - 1;
    return std::min(identical, 10 * std::log10(most * most * all.count / all.sum));
}

}  // namespace

AVPixelFormat pixel_format_of(const h264::sequence_parameters& s)
{
    if (s.separate_planes || s.luma_depth != s.chroma_depth) return AV_PIX_FMT_NONE;
    if (s.chroma_format == 1 && s.luma_depth == 8) return s.full_range ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    if (s.chroma_format == 2 && s.luma_depth == 8) return s.full_range ? AV_PIX_FMT_YUVJ422P : AV_PIX_FMT_YUV422P;
    if (s.chroma_format == 1 && s.luma_depth == 10) return AV_PIX_FMT_YUV420P10;
    if (s.chroma_format == 2 && s.luma_depth == 10) return AV_PIX_FMT_YUV422P10;
    return AV_PIX_FMT_NONE;
}

part_encoder::part_encoder(const part_format& format, bool from_second_id)
    : length_bytes_(format.length_bytes), from_second_id_(from_second_id), reproducible_(format.reproducible)
{
    open_encoder(format);
    read_sets(format);
    open_decoder();
}

void part_encoder::open_encoder(const part_format& f)
{
    const AVCodec* const codec = avcodec_find_encoder_by_name("libx264");
    if (!codec) throw encode_error("this FFmpeg was built without libx264");
    const char* const profile = profile_name(f.like.profile);
    if (!profile || pixel_format_of(f.like) == AV_PIX_FMT_NONE) throw cannot_copy{why_encoded::encoder_differs};

    encoder_.reset(av::check_allocated(avcodec_alloc_context3(codec)));
    encoder_->width = f.width;
    encoder_->height = f.height;
    encoder_->pix_fmt = pixel_format_of(f.like);
    encoder_->time_base = f.time_base;
    encoder_->framerate = f.frame_rate;
    encoder_->sample_aspect_ratio = {static_cast<int>(f.like.shape_width),
                                     std::max(static_cast<int>(f.like.shape_height), 1)};
    encoder_->color_range = f.like.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    encoder_->color_primaries = static_cast<AVColorPrimaries>(f.like.primaries);
    encoder_->color_trc = static_cast<AVColorTransferCharacteristic>(f.like.transfer);
    encoder_->colorspace = static_cast<AVColorSpace>(f.like.matrix);
    if (f.like.chroma_location[0] != 0)
        encoder_->chroma_sample_location = static_cast<AVChromaLocation>(f.like.chroma_location[0] + 1);
    encoder_->thread_count = 1;
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    encoder_->level = static_cast<int>(f.like.level);
    encoder_->max_b_frames = b_frames_for(f.reordered_frames);
    const auto frames = static_cast<int>(f.like.order ? f.like.order->buffered_frames : f.like.reference_frames);
    encoder_->refs = std::clamp(frames, 1, 3);

    av::dictionary settings;
    settings.set("preset", f.preset);
    settings.set("profile", profile);
    settings.set("crf", fmt::format("{:.1f}", f.quality));
    settings.set("x264-params", x264_parameters(f));
    if (avcodec_open2(encoder_.get(), codec, settings.address()) < 0) throw cannot_copy{why_encoded::encoder_differs};
}

void part_encoder::read_sets(const part_format& f)
{
    const std::span header(encoder_->extradata, static_cast<std::size_t>(std::max(encoder_->extradata_size, 0)));
    sets_.length_bytes = f.length_bytes;
    for (const h264::unit_view u : h264::units_between_start_codes(header)) {
        if (h264::type_of(u) == h264::unit_type::sequence_parameters) sets_.sequences.emplace_back(u.begin(), u.end());
        if (h264::type_of(u) == h264::unit_type::frame_parameters) sets_.frames.emplace_back(u.begin(), u.end());
    }
    if (sets_.sequences.size() != 1 || sets_.frames.size() != 1) throw cannot_copy{why_encoded::encoder_differs};
    if (!f.like.order) {
        std::optional<h264::unit> shorter = h264::without_output_order(sets_.sequences.front());
        if (!shorter) throw cannot_copy{why_encoded::encoder_differs};
        sets_.sequences.front() = std::move(*shorter);
    }
    const auto all = h264::sets_of(sets_);
    if (!all || all->size() != 1 || all->begin()->first != f.set_id) throw cannot_copy{why_encoded::encoder_differs};
    const h264::sequence_parameters& made = all->begin()->second;
    if (made.id != f.set_id || made.has_buffer_model || made.has_scaling_matrix ||
        !h264::difference(f.like, made).empty())
        throw cannot_copy{why_encoded::encoder_differs};
    by_id_ = *all;
}

void part_encoder::open_decoder()
{
    const std::vector<std::uint8_t> box = h264::box_of(sets_);
    const av::parameters described = av::make_parameters();
    av::check(avcodec_parameters_from_context(described.get(), encoder_.get()), "describe the video");
    av_freep(&described->extradata);
    described->extradata_size = static_cast<int>(box.size());
    described->extradata =
        av::check_allocated(static_cast<std::uint8_t*>(av_mallocz(box.size() + AV_INPUT_BUFFER_PADDING_SIZE)));
    std::ranges::copy(box, described->extradata);

    const AVCodec* const codec = avcodec_find_decoder(AV_CODEC_ID_H264);
    if (!codec) throw encode_error("this FFmpeg was built without its H.264 decoder");
    decoder_.reset(av::check_allocated(avcodec_alloc_context3(codec)));
    av::check(avcodec_parameters_to_context(decoder_.get(), described.get()), "set up the decoder");
    decoder_->thread_count = 1;
    decoder_->err_recognition = AV_EF_EXPLODE;
    guard(avcodec_open2(decoder_.get(), codec, nullptr), "open the decoder");
}

void part_encoder::add(AVFrame& frame)
{
    if (frame.width != encoder_->width || frame.height != encoder_->height || frame.format != encoder_->pix_fmt)
        throw cannot_copy{why_encoded::encoder_differs};
    if (av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX)) throw cannot_copy{why_encoded::rotated};
    if (std::exchange(is_first_, false)) {
        frame.pict_type = AV_PICTURE_TYPE_I;
        if (from_second_id_) {
            const std::int64_t own = frame.pts;
            dummy_ = frame.pts = own - std::max<std::int64_t>(av::duration_of(frame), 1);
            send(&frame);
            frame.pts = own;
        }
    } else {
        frame.pict_type = AV_PICTURE_TYPE_NONE;
    }
    av::frame kept = av::make_frame();
    av::check(av_frame_ref(kept.get(), &frame), "keep a frame");
    originals_.push_back(std::move(kept));
    send(&frame);
}

void part_encoder::finish()
{
    send(nullptr);
    decode(nullptr);
    if (!originals_.empty()) throw cannot_copy{why_encoded::encoder_differs};
    if (frames_.empty() || !frames_.front().coded.is_idr) throw cannot_copy{why_encoded::encoder_differs};
}

void part_encoder::send(const AVFrame* frame)
{
    guard(avcodec_send_frame(encoder_.get(), frame), "encode");
    for (;;) {
        const int code = avcodec_receive_packet(encoder_.get(), encoded_.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        guard(code, "encode");
        const av::scoped_packet unref(encoded_);
        take(*unref.get());
    }
}

void part_encoder::take(const AVPacket& packet)
{
    encoded_frame made{.time = packet.pts};
    for (const h264::unit_view u :
         h264::units_between_start_codes({packet.data, static_cast<std::size_t>(packet.size)})) {
        const h264::unit_type type = h264::type_of(u);
        if (type == h264::unit_type::sequence_parameters || type == h264::unit_type::frame_parameters ||
            type == h264::unit_type::delimiter)
            continue;
        if (reproducible_ && type == h264::unit_type::supplemental_information) continue;
        if (length_bytes_ < 4 && u.size() >> (8 * length_bytes_)) throw cannot_copy{why_encoded::encoder_differs};
        for (std::size_t i = length_bytes_; i > 0; --i)
            made.bytes.push_back(static_cast<std::uint8_t>(u.size() >> (8 * (i - 1))));
        made.bytes.insert(made.bytes.end(), u.begin(), u.end());
    }
    const auto coded = h264::coded_frame_in(made.bytes, length_bytes_, by_id_);
    if (!coded) throw cannot_copy{why_encoded::encoder_differs};
    made.coded = *coded;
    decode(&made);
    if (made.time != dummy_) frames_.push_back(std::move(made));
}

void part_encoder::decode(const encoded_frame* frame)
{
    const av::scoped_packet unref(again_);
    if (frame) {
        av::check(av_new_packet(unref.get(), static_cast<int>(frame->bytes.size())), "keep a frame");
        std::ranges::copy(frame->bytes, unref->data);
        unref->pts = frame->time;
    }
    if (avcodec_send_packet(decoder_.get(), frame ? unref.get() : nullptr) < 0)
        throw cannot_copy{why_encoded::encoder_differs};
    for (;;) {
        const int code = avcodec_receive_frame(decoder_.get(), decoded_.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        if (code < 0) throw cannot_copy{why_encoded::encoder_differs};
        const av::scoped_frame shown(decoded_);
        compare(*shown.get());
    }
}

void part_encoder::compare(const AVFrame& frame)
{
    if (frame.pts == dummy_ && dummy_ != AV_NOPTS_VALUE) return;
    if (originals_.empty() || originals_.front()->pts != frame.pts || frame.decode_error_flags ||
        frame.width != encoder_->width || frame.height != encoder_->height || frame.format != encoder_->pix_fmt)
        throw cannot_copy{why_encoded::encoder_differs};
    likenesses_.push_back(psnr(*originals_.front(), frame));
    originals_.pop_front();
}

part_encoder::likeness part_encoder::likeness_of_all() const
{
    std::vector<double> sorted = likenesses_;
    std::ranges::sort(sorted);
    return {.least = sorted.front(), .median = sorted[sorted.size() / 2]};
}

}  // namespace reelpipe::cut
