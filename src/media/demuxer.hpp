#ifndef REELPIPE_MEDIA_DEMUXER_HPP
#define REELPIPE_MEDIA_DEMUXER_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "media/av.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::media {

class byte_source;

// applied: show what the MP4 edit lists say. ignored: show every sample, and do not look up other stream parameters.
enum class edit_list_mode : std::uint8_t { applied, ignored };

// The streams that a file is opened for. The audio of a video may be a file of its own; other streams in that file do
// not count.
enum class stream_selection : std::uint8_t { audio_and_video, audio_only };

// An opened container. It reads only the held ranges of a file.
//
// Every call may throw missing_bytes with the first byte that stood in the way; the object is of no use afterwards. The
// file and libav's idea of it never open anything else. One thread at a time; a stop request ends every call with
// std::errc::operation_canceled.
class demuxer {
public:
    explicit demuxer(const partial_file&, std::stop_token = {}, edit_list_mode = edit_list_mode::applied,
                     stream_selection = stream_selection::audio_and_video);
    demuxer(const demuxer&) = delete;
    demuxer& operator=(const demuxer&) = delete;
    ~demuxer();

    AVFormatContext* context() const { return input_.get(); }
    AVStream* video() const { return video_; }  // null where the file was opened for its audio, and never else
    AVStream* audio() const { return audio_; }  // null: the video is silent

    // The container's usual name.
    std::string container() const;

    // The container's start time, which is what a user calls 0.
    std::chrono::microseconds origin() const { return origin_; }

    std::chrono::microseconds audio_ahead() const;  // partial_file::audio_ahead

    // Positions at a key frame that is shown at or before `time`, as near as can be, or at the first one of the file;
    // where only the audio counts, at the packet that is heard then. `time` counts from the origin.
    void seek(std::chrono::microseconds time);

    // The next packet of the video or the audio; false at the end of the file. A file that ends before a sample does
    // is corrupt, and so is one with a sample at a time that is_time() (limits.hpp) does not take.
    //
    // Where the parameters of the video's codec change, the packet has AV_PKT_DATA_NEW_EXTRADATA. So has the first one
    // behind a seek if others than the first parameters hold there: a decoder may be new.
    bool read(AVPacket*);

    // True if the index says where every sample of the file is and when it is shown.
    bool has_sample_table() const;

    // From here on packets come as the container describes them: their content is not looked at.
    void skip_parsing() { input_->flags |= AVFMT_FLAG_NOPARSE; }

    // From here on every sample reads as zeros, held or not: sizes, positions and times of packets are true, their
    // content is not. Needs a sample table.
    void read_samples_as_zeros();

    // The ranges read since.
    const range_set& sample_ranges_touched() const;

    // The containers' own list of places where decoding may begin, in ascending order; read by the first seek to
    // `time`, which may throw missing_bytes. Not all of them have one.
    struct entry {
        std::chrono::microseconds time{};  // from the origin
        std::uint64_t offset = 0;
    };
    std::vector<entry> entries(std::chrono::microseconds time);

    // The ranges read from the file, including what was read ahead.
    const range_set& bytes_read() const;

private:
    struct seen_packet {
        std::int64_t time = 0;     // when it is shown
        std::int64_t decoded = 0;  // and when it is decoded
        std::int64_t position = 0;
        bool is_key = false;
        bool is_hidden = false;  // by an edit list
    };

    void find_streams();
    bool knows_parameters() const;
    void look_for_parameters();
    void leave_first_fragment();
    void check_limits() const;
    void check_begin() const;
    void discard_other_streams();
    void find_origin();
    AVStream& leading() const;  // the one that is searched in
    seen_packet next_leading();
    bool names_missing_samples() const;
    void check_times(AVPacket&) const;
    void name_parameters(AVPacket&);
    bool has_no_index() const;
    bool seek_at_or_before(std::int64_t time);
    bool search(std::int64_t time);
    bool shows_by(std::int64_t time);
    std::int64_t place_before(std::int64_t time);
    std::optional<std::int64_t> last_key_before(std::int64_t time, std::int64_t from);
    void seek_byte(std::int64_t position);
    AVStream& first_stream() const;
    void rewind();
    void guard(int code, const char* doing) const;

    std::unique_ptr<byte_source> source_;
    av::io io_;
    av::input input_;
    AVStream* video_ = nullptr;
    AVStream* audio_ = nullptr;
    stream_selection wanted_;
    edit_list_mode edits_;
    std::chrono::microseconds origin_{};
    std::vector<std::uint8_t> parameters_{};  // of the video's codec, where they have changed since the beginning
    bool has_moved_ = false;                  // since a frame was read
};

}  // namespace reelpipe::media

#endif
