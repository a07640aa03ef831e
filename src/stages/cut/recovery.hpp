#ifndef REELPIPE_STAGES_CUT_RECOVERY_HPP
#define REELPIPE_STAGES_CUT_RECOVERY_HPP

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/av.hpp"

namespace reelpipe::cut {

// Knows the frames that decoding does not give as they are. H.264 may be refreshed step by step (x264's intra-refresh):
// containers call the beginning of a refresh a key frame, but only the frames that are shown after its end are whole.
class recovery {
public:
    explicit recovery(const AVStream&);

    // Packets in the order of decoding, from a key frame of the container on.
    bool is_incomplete(const AVPacket&);

private:
    bool is_h264_;
    std::size_t length_bytes_;
    std::optional<std::uint32_t> left_;       // frames that others lean on, until frames are whole
    std::optional<std::int64_t> whole_from_;  // frames that are decoded later may be shown before
};

// The message for a segment that would show such frames.
inline constexpr const char* refreshed_in_steps =
    "H.264 that is refreshed step by step, with no key frame near enough in front of the segment";

}  // namespace reelpipe::cut

#endif
