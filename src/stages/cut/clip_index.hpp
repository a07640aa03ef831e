#ifndef REELPIPE_STAGES_CUT_CLIP_INDEX_HPP
#define REELPIPE_STAGES_CUT_CLIP_INDEX_HPP

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

// Moves the index of an MP4 file that libav has just written from behind its media to their front, where a reader over
// a network looks first. It stays behind them where its tables cannot tell places that high: beyond 4 GB, as a rule.
//
// The tracks get, in their order, edit lists of one edit each, and the durations that follow from them; tracks without
// an edit keep what libav wrote. Its own edit lists cannot end before the last sample does, and it takes the media to
// last as long as its frames are shown. Its own faststart would leave no room in front for these lists.
//
// Throws encode_error, and leaves the file as it is, where it is not what libav writes; std::system_error when it
// cannot be read or written.
void finish_index(int descriptor, std::span<const edit> tracks);

}  // namespace reelpipe::cut

#endif
