#ifndef REELPIPE_STAGES_CUT_EDIT_LIST_HPP
#define REELPIPE_STAGES_CUT_EDIT_LIST_HPP

#include <cstdint>
#include <span>

namespace reelpipe::cut {

// The part of a track that is shown. Times of the video are in ticks of the movie, those of the media in ticks of the
// track, counted from the first sample's decoding.
struct edit {
    std::int64_t begin = 0;     // of the video, when the track begins to be shown
    std::int64_t duration = 0;  // of the video
    std::int64_t media_begin = 0;
    std::int64_t media_duration = 0;  // of all samples, shown or not
};

// Gives the tracks of an MP4 file, in their order, edit lists of one edit each, and the durations that follow from
// them. The file has its index behind its media and was just written by libav, whose own edit lists cannot end before
// the last sample does, and which takes the media to last as long as its frames are shown. Throws std::system_error
// when the file cannot be read or written.
void write_edit_lists(int descriptor, std::span<const edit> tracks);

}  // namespace reelpipe::cut

#endif
