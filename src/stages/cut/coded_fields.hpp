#ifndef REELPIPE_STAGES_CUT_CODED_FIELDS_HPP
#define REELPIPE_STAGES_CUT_CODED_FIELDS_HPP

#include <cstddef>
#include <memory>

#include "media/av.hpp"

namespace reelpipe::cut {

// Knows the packets that hold one field of a frame. H.264 may code each frame as two fields, each of which is a sample
// of its own; decoders show half as many frames as there are samples.
class coded_fields {
public:
    explicit coded_fields(const AVStream&);

    // Packets in the order of decoding.
    bool is_half_a_frame(const AVPacket&);

private:
    struct close_parser {
        void operator()(AVCodecParserContext* p) const { av_parser_close(p); }
    };
    av::codec context_;
    std::unique_ptr<AVCodecParserContext, close_parser> parser_;  // null: another codec
    std::size_t length_bytes_;
};

}  // namespace reelpipe::cut

#endif
