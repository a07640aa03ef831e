#ifndef REELPIPE_STAGES_CUT_SEGMENT_PACKETS_HPP
#define REELPIPE_STAGES_CUT_SEGMENT_PACKETS_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "media/demuxer.hpp"
#include "media/segment_reader.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// The packets that a segment takes, out of one file or two, and their times on the segment's clock: 0 at its start.
class segment_packets {
public:
    enum class kind : std::uint8_t { end, frame, audio };

    // The frames to read: those of the segment, or as many more as media::one_frame_more() says.
    enum class extent : std::uint8_t { segment, one_frame_more };

    segment_packets(const input&, segment wanted, std::stop_token, extent = extent::segment);

    // The next packet; those of two files come in the order of their times.
    kind next(AVPacket*);

    AVStream& video() const { return *video_.video(); }
    AVStream* audio() const { return audio_ ? audio_->audio() : video_.audio(); }
    AVFormatContext* container() const { return video_.context(); }  // of the frames
    // Nothing but the frames, in the one file that the video is.
    bool is_one_stream() const { return !audio_ && video_.context()->nb_streams == 1; }
    // True if there was a frame behind the segment.
    bool video_goes_on() const { return video_reader_.video_goes_on(); }
    // What is cut, for people: "MP4, h264 640x360, 25 fps, aac".
    std::string description() const;
    bool tells_all_samples() const { return video_.has_sample_table(); }

    // The segment's start on the stream's own clock.
    std::int64_t start_of_video() const { return start_in(video_, video()); }
    std::int64_t start_of_audio() const { return start_in(audio_ ? *audio_ : video_, *audio()); }

    std::chrono::microseconds time_of_video(std::int64_t time) const { return time_in(video_, video(), time); }
    std::chrono::microseconds time_of_audio(std::int64_t time) const
    {
        return time_in(audio_ ? *audio_ : video_, *audio(), time);
    }

    // No frame of the segment was there: says on which side of the video it lies, or that its frames have no times.
    [[noreturn]] void throw_no_frame() const;
    // Throws media::error if frames are `missing` at the end of the segment because a second edit shows them.
    void check_edits(std::chrono::microseconds missing) const;

private:
    std::int64_t start_in(const media::demuxer&, const AVStream&) const;
    std::chrono::microseconds time_in(const media::demuxer&, const AVStream&, std::int64_t time) const;
    kind next_of_video(AVPacket*);
    kind next_of_audio(AVPacket*);

    segment wanted_;
    media::demuxer video_;
    std::optional<media::demuxer> audio_;  // where it is a file of its own
    media::segment_reader video_reader_;
    std::optional<media::segment_reader> audio_reader_;
    bool video_end_ = false, audio_ends_;
    bool has_untimed_ = false;  // a frame
    // Positions up to which the two files have been read.
    std::chrono::microseconds video_at_{INT64_MIN}, audio_at_{INT64_MIN};
};

}  // namespace reelpipe::cut

#endif
