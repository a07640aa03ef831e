#include "stages/cut/aac_track.hpp"

#include <fmt/format.h>

#include "media/error.hpp"
#include "stages/cut/codecs.hpp"

namespace reelpipe::cut {

namespace {

const AVCodec& aac()
{
    const AVCodec* const encoder = avcodec_find_encoder_by_name("aac");
    if (!encoder) throw encode_error("this FFmpeg was built without its AAC encoder");
    return *encoder;
}

std::string name_of(const AVChannelLayout& layout)
{
    char name[128] = "";
    guard(av_channel_layout_describe(&layout, name, sizeof name), "name a channel layout");
    return name;
}

// One that the encoder has, the source's own where it can be.
std::string formats_of_encoder()
{
    std::string rates;
    for (const int* rate = av::sample_rates_of(aac()); rate && *rate; ++rate)
        rates += fmt::format("{}{}", rates.empty() ? "" : "|", *rate);
    return "sample_fmts=fltp:sample_rates=" + rates;
}

}  // namespace

bool mp4_carries(const AVCodecParameters& audio)
{
    switch (audio.codec_id) {
        case AV_CODEC_ID_AAC:
        case AV_CODEC_ID_MP3:
        case AV_CODEC_ID_MP2:
        case AV_CODEC_ID_AC3:
        case AV_CODEC_ID_EAC3:
        case AV_CODEC_ID_ALAC:
        case AV_CODEC_ID_OPUS:
            return true;
        default:
            return false;
    }
}

aac_track::aac_track(const AVStream& source, std::int64_t start, std::chrono::microseconds length, const options& how)
    : stream_(source),
      start_(start),
      length_(length),
      keep_corrupt_(how.keep_corrupt),
      reproducible_(how.reproducible),
      decoder_(open_decoder(source, how))
{
}

void aac_track::send(const AVPacket* packet)
{
    if (packet && packet->size == 0) return;  // decoders take it for a mistake
    const bool is_run_up = packet && packet->pts != AV_NOPTS_VALUE && packet->pts < start_;
    const auto check = [&](int code) {
        if (code < 0 && code != AVERROR(EAGAIN) && code != AVERROR_EOF && !is_run_up && !keep_corrupt_)
            throw media::error(media::fault::corrupt, av::error("decode the audio", code).what());
        return code >= 0;
    };
    check(avcodec_send_packet(decoder_.get(), packet));
    while (check(avcodec_receive_frame(decoder_.get(), decoded_.get()))) {
        const av::scoped_frame unref(decoded_);
        take(*unref.get());
    }
    if (packet || !graph_) return;
    guard(av_buffersrc_add_frame(source_, nullptr), "filter the audio");
    encode_filtered();
    encode(nullptr);
}

void aac_track::take(AVFrame& audio)
{
    if (audio.best_effort_timestamp == AV_NOPTS_VALUE || audio.sample_rate <= 0) return;
    if (audio.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&audio.ch_layout, audio.ch_layout.nb_channels);
    const std::int64_t time = audio.best_effort_timestamp - start_;
    const AVRational samples{1, audio.sample_rate};
    if (time > follows_at_) rounding_ = AV_NOPTS_VALUE;  // a gap, not the rounding of a coarse clock
    audio.pts = av_rescale_delta(stream_.time_base, time, samples, audio.nb_samples, &rounding_, samples);
    follows_at_ = av_rescale_q_rnd(audio.pts + audio.nb_samples, samples, stream_.time_base, AV_ROUND_UP);
    if (!accepts(audio)) build_graph(audio);
    guard(av_buffersrc_add_frame(source_, &audio), "filter the audio");
    encode_filtered();
}

bool aac_track::accepts(const AVFrame& audio) const
{
    return graph_ && audio.format == like_->format && audio.sample_rate == like_->sample_rate &&
           av_channel_layout_compare(&audio.ch_layout, &like_->ch_layout) == 0;
}

void aac_track::build_graph(const AVFrame& like)
{
    av_frame_unref(like_.get());
    like_->format = like.format;
    like_->sample_rate = like.sample_rate;
    guard(av_channel_layout_copy(&like_->ch_layout, &like.ch_layout), "filter the audio");
    graph_.reset(av::check_allocated(avfilter_graph_alloc()));
    graph_->nb_threads = 1;
    last_ = nullptr;
    append("abuffer", fmt::format("time_base=1/{0}:sample_rate={0}:sample_fmt={1}:channel_layout={2}", like.sample_rate,
                                  like.format, name_of(like.ch_layout)));
    source_ = last_;
    append("atrim", fmt::format("start=0:duration={}us", length_.count()));
    // Audio may change in the middle of a video; the clip's does not.
    append("aformat", encoder_ ? fmt::format("sample_fmts=fltp:sample_rates={}:channel_layouts={}",
                                             encoder_->sample_rate, name_of(encoder_->ch_layout))
                               : formats_of_encoder());
    append("abuffersink", "");
    sink_ = last_;
    guard(avfilter_graph_config(graph_.get(), nullptr), "set up the filters of the audio");
    if (!encoder_) open_encoder();
    av_buffersink_set_frame_size(sink_, static_cast<unsigned>(encoder_->frame_size));
}

void aac_track::append(const char* filter, const std::string& arguments)
{
    AVFilterContext* made = nullptr;
    guard(avfilter_graph_create_filter(&made, avfilter_get_by_name(filter), filter, arguments.c_str(), nullptr,
                                       graph_.get()),
          filter);
    if (last_) guard(avfilter_link(last_, 0, made, 0), filter);
    last_ = made;
}

void aac_track::open_encoder()
{
    encoder_.reset(av::check_allocated(avcodec_alloc_context3(&aac())));
    encoder_->sample_fmt = static_cast<AVSampleFormat>(av_buffersink_get_format(sink_));
    encoder_->sample_rate = av_buffersink_get_sample_rate(sink_);
    guard(av_buffersink_get_ch_layout(sink_, &encoder_->ch_layout), "encode the audio");
    encoder_->time_base = {1, encoder_->sample_rate};
    encoder_->thread_count = 1;
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (reproducible_) encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
    guard(avcodec_open2(encoder_.get(), &aac(), nullptr), "open the AAC encoder");
}

void aac_track::encode_filtered()
{
    for (;;) {
        const int code = av_buffersink_get_frame(sink_, filtered_.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        guard(code, "filter the audio");
        const av::scoped_frame unref(filtered_);
        encode(unref.get());
    }
}

void aac_track::encode(const AVFrame* audio)
{
    guard(avcodec_send_frame(encoder_.get(), audio), "encode the audio");
    for (;;) {
        av::packet made = av::make_packet();
        const int code = avcodec_receive_packet(encoder_.get(), made.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        guard(code, "encode the audio");
        encoded_.push_back(std::move(made));
    }
}

}  // namespace reelpipe::cut
