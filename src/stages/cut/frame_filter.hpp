#ifndef REELPIPE_STAGES_CUT_FRAME_FILTER_HPP
#define REELPIPE_STAGES_CUT_FRAME_FILTER_HPP

#include <string>

#include "media/av.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// True if frames must be changed before they are encoded. Otherwise they go from the decoder to the encoder without a
// copy.
bool needs_filter(const AVFrame&, const AVStream&, const options&);

// The filters between decoder and encoder, in the order in which the ffmpeg program applies them: upright, --filter,
// --fps, --short-side, a size that the pixel format can have, the range, the pixel format.
class frame_filter {
public:
    // For frames like this one. Where frames have been encoded already, the others get their size and format.
    frame_filter(const AVFrame& like, const AVStream&, AVRational frame_rate, const options&,
                 const AVCodecContext* encoder = nullptr);

    bool accepts(const AVFrame&) const;

    // Takes what the frame refers to; its time is on the stream's clock.
    void send(AVFrame&);
    // There are no more: what the last frame is shown until, on the stream's clock.
    void end(std::int64_t time);
    bool receive(AVFrame*);

    // Properties of the frames that come out.
    AVRational time_base() const;
    AVRational frame_rate() const;
    AVRational pixel_shape() const;

private:
    void append(const char* filter, const std::string& arguments);
    void append_scale(const std::string& arguments);
    void append_upright(const AVFrame&, const AVStream&);
    void append_user(const std::string& description);

    int width_, height_, format_;
    std::string colours_;
    std::string scaling_;
    av::graph graph_;
    AVFilterContext *source_ = nullptr, *last_ = nullptr, *sink_ = nullptr;  // the graph's
    unsigned last_pad_ = 0;
};

}  // namespace reelpipe::cut

#endif
