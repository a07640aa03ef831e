#ifndef REELPIPE_STAGES_CUT_SMART_PLAN_HPP
#define REELPIPE_STAGES_CUT_SMART_PLAN_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// A frame of the source as a plan sees it. Times are in ticks of the source.
struct source_frame {
    std::int64_t time = 0;   // when it is shown
    bool is_idr = false;     // nothing behind it needs anything in front of it
    bool is_hidden = false;  // by an edit list of the source
};

// Which frames of a segment are copied. Positions are those of the source's frames in decoding order.
struct smart_plan {
    std::vector<std::int64_t> shown{};         // the times of all frames of the segment, ascending
    std::size_t copy_begin = 0, copy_end = 0;  // what is copied
    std::size_t head = 0;                      // so many of `shown` are re-encoded in front of what is copied,
    std::size_t tail = 0;                      // and so many behind it
    std::size_t tail_key = 0;                  // where decoding begins for those behind it
};

// The plan for the frames that are shown in [start, end), of the frames that were read for them in decoding order; or
// why none of them can be copied.
//
// The copied part begins with the first IDR frame that is shown in the segment, and ends so that it is shown in one
// piece: everything that is decoded behind it is shown behind it. A frame that is decoded in front of that IDR frame
// and shown behind it would break this, and so makes a plan impossible.
std::variant<smart_plan, why_encoded> plan_smart_cut(std::span<const source_frame>, std::int64_t start,
                                                     std::int64_t end);

// When the frames of a clip are decoded that are shown at `times`, given in decoding order: ascending, and none
// later than its frame is shown, whatever their distances. Each frame is decoded when the frame is shown that comes so
// many earlier in the order of showing as the clip reorders frames.
std::vector<std::int64_t> decoding_times(std::span<const std::int64_t> times);

}  // namespace reelpipe::cut

#endif
