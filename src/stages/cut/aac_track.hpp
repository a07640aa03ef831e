#ifndef REELPIPE_STAGES_CUT_AAC_TRACK_HPP
#define REELPIPE_STAGES_CUT_AAC_TRACK_HPP

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "media/av.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// True if players understand this audio in an MP4 file as it is.
bool mp4_carries(const AVCodecParameters&);

// Audio on its way to AAC: decoded, cut at the sample, encoded as `ffmpeg -c:a aac` does it.
class aac_track {
public:
    // The segment begins at `start` on the clock of the source's stream; what comes before is the decoder's run-up.
    aac_track(const AVStream& source, std::int64_t start, std::chrono::microseconds length, const options&);

    // Null: there are no more. Throws media::error for audio of the segment that cannot be decoded.
    void send(const AVPacket*);
    // The packets encoded since the last call, in the encoder's time base.
    std::vector<av::packet> take_encoded() { return std::exchange(encoded_, {}); }
    // Null until the first audio was decoded.
    const AVCodecContext* encoder() const { return encoder_.get(); }

private:
    void take(AVFrame&);
    void build_graph(const AVFrame&);
    void append(const char* filter, const std::string& arguments);
    void open_encoder();
    void encode_filtered();
    void encode(const AVFrame*);
    bool accepts(const AVFrame&) const;

    const AVStream& stream_;
    std::int64_t start_;
    std::chrono::microseconds length_;
    bool keep_corrupt_, reproducible_;
    av::codec decoder_, encoder_;
    av::graph graph_;
    AVFilterContext *source_ = nullptr, *last_ = nullptr, *sink_ = nullptr;  // the graph's
    av::frame like_ = av::make_frame();                                      // what the graph was built for
    av::frame decoded_ = av::make_frame(), filtered_ = av::make_frame();
    std::vector<av::packet> encoded_;
    std::int64_t rounding_ = AV_NOPTS_VALUE;    // av_rescale_delta()'s
    std::int64_t follows_at_ = AV_NOPTS_VALUE;  // when the next samples begin if no gap is there, by the stream's clock
};

}  // namespace reelpipe::cut

#endif
