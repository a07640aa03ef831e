// libav itself, as a C++ loader uses it: frames stay as they are decoded.
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/av.hpp"
#include "read/clips.hpp"
#include "runner/program.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

class reader {
public:
    reader(const fs::path& clip, int rate) : rate_(rate)
    {
        AVFormatContext* opened = nullptr;
        av::check(avformat_open_input(&opened, clip.c_str(), nullptr, nullptr), "open the clip");
        file_.reset(opened);
        av::check(avformat_find_stream_info(opened, nullptr), "read the clip");
        const int found =
            av::check(av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0), "find the video");
        video_ = opened->streams[found];
        const AVCodec* const codec = avcodec_find_decoder(video_->codecpar->codec_id);
        decoder_.reset(av::check_allocated(avcodec_alloc_context3(codec)));
        av::check(avcodec_parameters_to_context(decoder_.get(), video_->codecpar), "set up the decoder");
        decoder_->pkt_timebase = video_->time_base;
        decoder_->thread_count = 1;
        av::check(avcodec_open2(decoder_.get(), codec, nullptr), "open the decoder");
    }

    // Nothing at the end.
    const AVFrame* next()
    {
        for (;;) {
            av_frame_unref(frame_.get());
            const int got = avcodec_receive_frame(decoder_.get(), frame_.get());
            if (got >= 0) return frame_.get();
            if (got == AVERROR_EOF) return nullptr;
            const int read = av_read_frame(file_.get(), packet_.get());
            const av::scoped_packet unref(packet_);
            if (read >= 0 && unref->stream_index != video_->index) continue;
            av::check(avcodec_send_packet(decoder_.get(), read < 0 ? nullptr : unref.get()), "decode");
        }
    }

    const AVFrame* at(int index)
    {
        const std::int64_t time = av_rescale_q(index, {1, rate_}, video_->time_base);
        const std::int64_t half = av_rescale_q(1, {1, 2 * rate_}, video_->time_base);
        av::check(av_seek_frame(file_.get(), video_->index, time, AVSEEK_FLAG_BACKWARD), "seek");
        avcodec_flush_buffers(decoder_.get());
        const AVFrame* frame = next();
        while (frame && frame->best_effort_timestamp < time - half) frame = next();
        return frame;
    }

private:
    int rate_;
    av::input file_;
    AVStream* video_ = nullptr;
    av::codec decoder_;
    av::frame frame_ = av::make_frame();
    av::packet packet_ = av::make_packet();
};

std::string samples_of(const AVFrame& frame)
{
    std::string all;
    for (int y = 0; y < frame.height; ++y)
        all.append(reinterpret_cast<const char*>(frame.data[0] + std::ptrdiff_t{y} * frame.linesize[0]),
                   static_cast<std::size_t>(frame.width));
    return all;
}

std::vector<int> uniform(int frames)
{
    std::vector<int> eight;
    for (int i = 0; i < 8; ++i) eight.push_back((2 * i + 1) * frames / 16);
    return eight;
}

void check(const footage& f, const fs::path& clip)
{
    std::vector<std::string> right;
    reader in_turn(clip, f.rate);
    while (const AVFrame* const frame = in_turn.next()) right.push_back(samples_of(*frame));
    if (right.size() != static_cast<std::size_t>(f.frames))
        throw wrong_result(fmt::format("{}: {} frames instead of {}", clip.string(), right.size(), f.frames));
    reader seeking(clip, f.rate);
    std::vector<int> indices = uniform(f.frames);
    indices.insert(indices.end(), f.indices.begin(), f.indices.end());
    for (const int index : indices) {
        const AVFrame* const frame = seeking.at(index);
        if (!frame || samples_of(*frame) != right[static_cast<std::size_t>(index)])
            throw wrong_result(fmt::format("{}: a seek does not give frame {}", clip.string(), index));
    }
}

}  // namespace

figures read_by_libav(const footage& f, const fs::path& clip)
{
    constexpr int times = 3;
    check(f, clip);
    const double begun = cpu_s_of_process();
    for (const int index : f.indices) reader(clip, f.rate).at(index);
    const double random = cpu_s_of_process();
    for (int i = 0; i < times; ++i) {
        reader opened(clip, f.rate);
        for (const int index : uniform(f.frames)) opened.at(index);
    }
    const double eight = cpu_s_of_process();
    for (int i = 0; i < times; ++i) {
        reader opened(clip, f.rate);
        while (opened.next()) {
        }
    }
    const double whole = cpu_s_of_process();
    return {{"random_s", (random - begun) / static_cast<double>(f.indices.size())},
            {"eight_s", (eight - random) / times},
            {"whole_s", (whole - eight) / times}};
}

}  // namespace reelpipe::bench
