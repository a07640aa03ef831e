#ifndef REELPIPE_STAGES_CUT_WHY_ENCODED_HPP
#define REELPIPE_STAGES_CUT_WHY_ENCODED_HPP

#include <cstdint>
#include <string_view>

namespace reelpipe::cut {

// Why a clip that was to be cut smartly is encoded as a whole.
enum class why_encoded : std::uint8_t {
    not_at_all,         // it is not, or nobody asked for anything else
    changed_frames,     // options change every frame
    codec,              // not H.264
    container,          // samples without the lengths and parameter sets that MP4 takes
    parameter_sets,     // several, changing, or with what libx264 does not write
    interlaced,         // fields
    rotated,            // the container asks for the frames to be rotated
    no_key_frame,       // no IDR frame in the segment behind which something can be copied
    frames_across_key,  // frames are decoded in front of it and shown behind it
    odd_times,          // frames without a time, or two at one time
    hidden_frames,      // an edit list hides frames in the middle
    late_start,         // the first frame is shown long after the start
    other_units,        // units that are no frames, whose place in the clip is not known
    damaged,            // a frame that is re-encoded cannot be decoded without errors
    encoder_differs,    // libx264 cannot write what fits the source's frames
    too_large,          // to be held in memory
    not_verified,       // the clip broke one of the rules for clips of several parts
};
inline constexpr why_encoded last_why_encoded = why_encoded::not_verified;

// For reports: what is the matter with the source or the segment, in a few words.
constexpr std::string_view explain(why_encoded why)
{
    switch (why) {
        case why_encoded::not_at_all:
            break;
        case why_encoded::changed_frames:
            return "options such as --fps, --filter or --keep-corrupt apply to every frame";
        case why_encoded::codec:
            return "the source is not H.264";
        case why_encoded::container:
            return "the source's container (such as MPEG-TS) keeps H.264 in another form than MP4";
        case why_encoded::parameter_sets:
            return "the source's parameter sets cannot be joined with others";
        case why_encoded::interlaced:
            return "the source is interlaced";
        case why_encoded::rotated:
            return "the source is rotated";
        case why_encoded::no_key_frame:
            return "no IDR frame in the segment";
        case why_encoded::frames_across_key:
            return "frames are reordered across the IDR frame";
        case why_encoded::odd_times:
            return "frames without times of their own";
        case why_encoded::hidden_frames:
            return "an edit list of the source hides frames inside of the segment";
        case why_encoded::late_start:
            return "the first frame comes late";
        case why_encoded::other_units:
            return "the source has H.264 units of kinds that are not copied";
        case why_encoded::damaged:
            return "frames that cannot be decoded without errors";
        case why_encoded::encoder_differs:
            return "libx264 cannot match the source's parameters";
        case why_encoded::too_large:
            return "the segment is too large";
        case why_encoded::not_verified:
            return "the joined clip failed its check";
    }
    return "";
}

}  // namespace reelpipe::cut

#endif
