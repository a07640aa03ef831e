#ifndef REELPIPE_MEDIA_SEGMENT_READER_HPP
#define REELPIPE_MEDIA_SEGMENT_READER_HPP

#include "media/demuxer.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe::media {

// Reads the packets that a segment takes and no others: the video from the key frame on that decoding begins at, to
// the last frame shown before the end; the audio that is heard in it, with a little before for decoders that need a
// run-up. Of a file that was opened for its audio, the audio alone. What is planned and what is cut are the same
// because both read through this.
class segment_reader {
public:
    segment_reader(demuxer&, segment wanted);

    // The next packet in the order of the file; false when the segment is complete or the file ends.
    bool next(AVPacket*);

    // True if a frame of the video has been seen that is shown behind the segment.
    bool video_goes_on() const { return goes_on_; }

    // True if reading has ended where an edit list hides frames, and the edit behind them may still be in the segment.
    bool shows_again() const { return shows_again_; }

private:
    void finish(AVStream&, bool& done);
    void notice_end(const AVPacket&);

    demuxer& input_;
    segment wanted_;  // on the file's own clock
    bool skips_;      // packets of a finished stream need not be read
    bool video_done_;
    bool goes_on_ = false;
    bool shows_again_ = false;
    unsigned behind_without_dts_ = 0;  // frames
    bool audio_done_;
};

// The coverage of a segment by a file's audio, to within a packet. Nothing is missing where the video is silent.
struct audio_coverage {
    bool begins_late = false;
    bool ends_early = false;
};
audio_coverage audio_coverage_in(demuxer&, segment wanted);

// The time behind a segment in which its frames may be read: the ffmpeg program counts the length of a clip from the
// first frame that it shows, so a clip that starts between two frames takes one more behind the end.
std::chrono::microseconds one_frame_more(const demuxer&);

}  // namespace reelpipe::media

#endif
