#ifndef REELPIPE_MEDIA_ERROR_HPP
#define REELPIPE_MEDIA_ERROR_HPP

#include <cstdint>
#include <stdexcept>
#include <string>

namespace reelpipe::media {

// The fault of a media file, as far as decisions depend on it.
enum class fault : std::uint8_t {
    not_media,  // no container that we open
    no_video_stream,
    unsupported,  // a container, codec or stream layout that cannot be cut
    too_large,    // beyond the limits on index bytes, pixels or streams
    corrupt,
    encrypted,
    before_start,  // the segment ends before the first frame
    beyond_end,    // the segment starts after the end of the video
};

// A finding about the media; the text says what was being done and where.
class error : public std::runtime_error {
public:
    error(fault kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
    fault kind() const noexcept { return kind_; }

private:
    fault kind_;
};

// Nothing is wrong with the media, but a byte of it is not on disk yet.
class missing_bytes : public std::runtime_error {
public:
    explicit missing_bytes(std::uint64_t offset)
        : std::runtime_error("byte " + std::to_string(offset) + " has not been fetched"), offset_(offset)
    {
    }
    std::uint64_t offset() const noexcept { return offset_; }

private:
    std::uint64_t offset_;
};

// The process that worked on a video ended, or had to be ended; what() says how. The video is the likely cause.
class process_died : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace reelpipe::media

#endif
