#ifndef REELPIPE_STAGES_CUT_CUT_HPP
#define REELPIPE_STAGES_CUT_CUT_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "media/partial_file.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe::cut {

// The encoder or the muxer failed: nothing is wrong with the source.
struct encode_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What a clip is cut from: one file, or the pictures in one and the sound in another.
struct film {
    media::partial_file pictures{};
    std::optional<media::partial_file> sound{};  // none: it is where the pictures are, if there is any
};

struct options {
    std::string preset = "medium";  // of libx264
    int crf = 23;
};

// What was written, for whoever verifies it.
struct result {
    std::int64_t frames = 0;
    std::chrono::microseconds duration{};  // of the pictures
    std::chrono::microseconds missing{};   // of the segment, because the video ends before it does
    bool audio = false;
};

// Writes [start, end) of a film as an MP4 file to `output`, a new and empty file: pictures in H.264, encoded on one
// thread, sound copied. Frames, their times and the stream itself are those of
// `ffmpeg -i FILE -ss START -t LENGTH -c:v libx264 -c:a copy -threads 1`; of two files, those that the same command
// makes of `ffmpeg -i PICTURES -i SOUND -c copy FILE`.
//
// Throws media::error for what is wrong with the source, media::missing_bytes, encode_error, and std::system_error when
// the file cannot be written or a stop was requested.
result encode(const film&, segment wanted, int output, const options&, std::stop_token = {});

}  // namespace reelpipe::cut

#endif
