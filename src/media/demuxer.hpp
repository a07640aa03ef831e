#ifndef REELPIPE_MEDIA_DEMUXER_HPP
#define REELPIPE_MEDIA_DEMUXER_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>

#include "media/av.hpp"
#include "media/range_set.hpp"

namespace reelpipe::media {

// What somebody may hand us without our noticing: numbers that no real video reaches.
inline constexpr std::int64_t largest_picture = 8192 * 8192;  // pixels
inline constexpr int most_streams = 64;

// Whether an MP4 file's edit lists decide what is shown, or every sample counts.
enum class edits : std::uint8_t { applied, ignored };

// An opened container, read from the held parts of a file.
//
// Every call may throw missing_bytes with the first byte that stood in the way; the object is of no use afterwards. The
// file and libav's idea of it never open anything else. One thread at a time; a stop request ends every call with
// std::errc::operation_canceled.
class demuxer {
public:
    explicit demuxer(const partial_file&, std::stop_token = {}, edits = edits::applied);
    demuxer(const demuxer&) = delete;
    demuxer& operator=(const demuxer&) = delete;
    ~demuxer();

    AVFormatContext* context() const { return input_.get(); }
    AVStream* video() const { return video_; }  // never null
    AVStream* audio() const { return audio_; }  // null: the file is silent

    // The container's start time, which is what a user calls 0.
    std::chrono::microseconds origin() const { return origin_; }

    // Positions at a key frame that is shown at or before `time`, as near as can be, or at the first one of the file.
    // `time` counts from the origin.
    void seek(std::chrono::microseconds time);

    // The next packet of the video or the audio; false at the end of the file. A file that ends before a sample does
    // is corrupt.
    bool read(AVPacket*);

    // Whether the index says where every sample of the file is and when it is shown.
    bool has_sample_table() const;

    // From here on every sample reads as zeros, held or not: sizes, positions and times of packets are true, their
    // content is not. Needs a sample table.
    void imagine_samples();

    // What has been read since.
    const range_set& imagined() const;

private:
    class source;
    struct seen_picture {
        std::int64_t time = 0;
        bool is_key = false;
    };

    void find_streams();
    bool knows_parameters() const;
    void look_for_parameters();
    void check_limits() const;
    void discard_other_streams();
    void find_origin();
    seen_picture next_picture();
    bool seek_at_or_before(std::int64_t video_time);
    void rewind();
    void guard(int code, const char* doing) const;

    std::unique_ptr<source> source_;
    av::io io_;
    av::input input_;
    AVStream* video_ = nullptr;
    AVStream* audio_ = nullptr;
    std::chrono::microseconds origin_{};
};

}  // namespace reelpipe::media

#endif
