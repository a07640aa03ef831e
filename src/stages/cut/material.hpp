#ifndef REELPIPE_STAGES_CUT_MATERIAL_HPP
#define REELPIPE_STAGES_CUT_MATERIAL_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "media/demuxer.hpp"
#include "media/segment_reader.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

// The packets that a segment takes, out of one file or two, and their times on the segment's clock: 0 at its start.
class material {
public:
    enum class kind : std::uint8_t { end, picture, sound };

    // What is read of the pictures: the segment alone, or as much as media::one_picture_more() says.
    enum class extent : std::uint8_t { segment, one_picture_more };

    material(const film&, segment wanted, std::stop_token, extent = extent::segment);

    // The next packet; those of two files come in the order of their times.
    kind next(AVPacket*);

    AVStream& video() const { return *pictures_.video(); }
    AVStream* audio() const { return sound_ ? sound_->audio() : pictures_.audio(); }
    AVFormatContext* container() const { return pictures_.context(); }  // of the pictures
    // Nothing but the pictures, in the one file that the film is.
    bool is_one_stream() const { return !sound_ && pictures_.context()->nb_streams == 1; }
    bool tells_all_samples() const { return pictures_.has_sample_table(); }

    // The segment's start on the stream's own clock.
    std::int64_t start_of_pictures() const { return start_in(pictures_, video()); }
    std::int64_t start_of_sound() const { return start_in(sound_ ? *sound_ : pictures_, *audio()); }

    std::chrono::microseconds time_of_picture(std::int64_t time) const { return time_in(pictures_, video(), time); }
    std::chrono::microseconds time_of_sound(std::int64_t time) const
    {
        return time_in(sound_ ? *sound_ : pictures_, *audio(), time);
    }

private:
    std::int64_t start_in(const media::demuxer&, const AVStream&) const;
    std::chrono::microseconds time_in(const media::demuxer&, const AVStream&, std::int64_t time) const;
    kind next_of_pictures(AVPacket*);
    kind next_of_sound(AVPacket*);

    segment wanted_;
    media::demuxer pictures_;
    std::optional<media::demuxer> sound_;  // where it is a file of its own
    media::segment_reader pictures_reader_;
    std::optional<media::segment_reader> sound_reader_;
    bool pictures_end_ = false, sound_ends_;
    // How far the two files have been read.
    std::chrono::microseconds pictures_at_{INT64_MIN}, sound_at_{INT64_MIN};
};

}  // namespace reelpipe::cut

#endif
