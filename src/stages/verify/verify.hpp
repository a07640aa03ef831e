#ifndef REELPIPE_STAGES_VERIFY_VERIFY_HPP
#define REELPIPE_STAGES_VERIFY_VERIFY_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "media/splice.hpp"

namespace reelpipe::verify {

// The file is not the clip that it should be; the text says what is different.
struct verify_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The structure is whole, but a frame or audio that is shown cannot be decoded.
struct decode_error : verify_error {
    using verify_error::verify_error;
};

// The frames that a clip shows, in their order. Times are in ticks of the track.
struct frame_list {
    struct frame {
        std::int64_t time = 0, duration = 0;
        bool is_key = false;
    };
    std::int64_t time_base_numerator = 1, time_base_denominator = 1;
    std::vector<frame> frames{};
};

// The facts of a clip, as a reader that honours edit lists sees it.
struct facts {
    std::int64_t frames = 0;               // frames that are shown
    std::chrono::microseconds start{};     // when the first one is shown
    std::chrono::microseconds duration{};  // from there to the end of the last one
    std::chrono::microseconds frame{};     // the longest that one is shown
    bool constant_rate = false;            // from 0 on, at equal distances
    std::string codec{};
    int width = 0, height = 0;
    bool audio = false;
    std::chrono::microseconds audio_duration{};
    std::uint64_t bytes = 0;
    std::int64_t packets = 0;            // of the video, in the index: the frames that a header claims
    std::optional<frame_list> listed{};  // where asked for, and of no more than media::max_listed_frames
};

// The facts known of a clip beforehand; unknown ones are not compared.
struct expectation {
    std::optional<std::int64_t> frames{};
    std::optional<std::chrono::microseconds> start{};     // of the first frame
    std::optional<std::chrono::microseconds> duration{};  // within one frame
    bool may_be_shorter = false;  // than `duration`, as a clip is whose video ends; then all of it has to be decodable
    std::optional<bool> audio{};
    bool constant_rate = false;            // shown from 0 on, each frame as long as every other
    bool decodable = false;                // every frame and audio is tried, which costs what decoding costs
    bool list_frames = false;              // the facts are to have the times of all frames
    std::optional<media::splice> parts{};  // that the clip was put together of; all of its frames are tried
};

// Throws verify_error for what is different.
void compare(const facts&, const expectation&);

// Reads the whole structure and every sample of an MP4 file, decodes its first frame, and compares with what is
// expected. Throws verify_error for what is different, and for what no whole clip has: an index that is missing or does
// not fit the samples, samples that do not fill the media between them, a file that ends inside of a box, timestamps
// that do not ascend, no frame; decode_error where all is to be decoded and cannot be. Throws std::system_error when
// the file cannot be read at all.
facts check(int descriptor, const expectation&);
facts check_file(const std::filesystem::path&, const expectation&);

// A clip's file, open for reading. Throws std::system_error when it cannot be opened.
class clip_file {
public:
    explicit clip_file(const std::filesystem::path&);
    ~clip_file();
    clip_file(const clip_file&) = delete;
    clip_file& operator=(const clip_file&) = delete;

    int descriptor() const noexcept { return descriptor_; }

private:
    const int descriptor_;
};

}  // namespace reelpipe::verify

#endif
