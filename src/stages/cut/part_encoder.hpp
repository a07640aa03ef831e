#ifndef REELPIPE_STAGES_CUT_PART_ENCODER_HPP
#define REELPIPE_STAGES_CUT_PART_ENCODER_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "media/av.hpp"
#include "media/h264_parameter_sets.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// Thrown when a smart cut finds something on its way that forbids it.
struct cannot_copy {
    why_encoded why;
};

// The form that the frames of a re-encoded part must have, so that a decoder goes on with the source's behind them and
// notices nothing but other parameter sets.
struct part_format {
    media::h264::sequence_parameters like{};  // of the source
    unsigned set_id = 0;                      // that the source does not use
    std::size_t length_bytes = 4;
    std::size_t reordered_frames = 0;  // as the source does it
    AVRational time_base{}, frame_rate{};
    int width = 0, height = 0;
    std::string preset{};
    double quality = 0;  // crf of libx264
    bool reproducible = false;
};

struct encoded_frame {
    std::int64_t time = 0;
    std::vector<std::uint8_t> bytes{};  // as MP4 keeps them, without parameter sets
    media::h264::coded_frame coded{};
};

// Encodes a few frames as a group of their own, decodes them again and compares.
//
// Throws cannot_copy where libx264 cannot write what fits the source, or writes what does not decode; encode_error
// where it fails.
class part_encoder {
public:
    // `from_second_id`: the first frame has the IDR number that follows libx264's first.
    part_encoder(const part_format&, bool from_second_id);

    // In the order of showing, in the time base of the format. The frame's samples are kept until they were compared.
    void add(AVFrame&);
    void finish();

    // How near the decoded frames are to those that were added: PSNR in dB, over all of their samples.
    struct likeness {
        double least = 0, median = 0;
    };
    likeness likeness_of_all() const;

    // In the order of decoding, after finish().
    std::vector<encoded_frame>& frames() { return frames_; }
    const media::h264::unit& sequence() const { return sets_.sequences.front(); }
    const media::h264::unit& frame_set() const { return sets_.frames.front(); }

private:
    void open_encoder(const part_format&);
    void read_sets(const part_format&);
    void open_decoder();
    void send(const AVFrame*);
    void take(const AVPacket&);
    void decode(const encoded_frame*);
    void compare(const AVFrame&);

    std::size_t length_bytes_;
    bool from_second_id_, reproducible_;
    av::codec encoder_, decoder_;
    media::h264::decoder_configuration sets_;
    media::h264::sets_by_id by_id_;
    std::int64_t dummy_ = AV_NOPTS_VALUE;  // when the frame would be shown that only takes the first IDR number
    bool is_first_ = true;
    std::deque<av::frame> originals_;
    std::vector<encoded_frame> frames_;
    std::vector<double> likenesses_;
    av::frame decoded_ = av::make_frame();
    av::packet encoded_ = av::make_packet(), again_ = av::make_packet();
};

// The format of the frames that a sequence describes; AV_PIX_FMT_NONE: one that is not re-encoded here.
AVPixelFormat pixel_format_of(const media::h264::sequence_parameters&);

}  // namespace reelpipe::cut

#endif
