#ifndef REELPIPE_STAGES_CUT_CUT_HPP
#define REELPIPE_STAGES_CUT_CUT_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "media/partial_file.hpp"
#include "media/splice.hpp"
#include "reelpipe/clip.hpp"
#include "stages/cut/why_encoded.hpp"

namespace reelpipe::cut {

// The encoder or the muxer failed: nothing is wrong with the source.
struct encode_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The files that a clip is cut from: one with everything, or one for video and one for audio.
struct input {
    media::partial_file video{};
    std::optional<media::partial_file> audio{};  // none: the audio, if any, is in `video`
};

// The treatment of audio: copied where MP4 can carry it and otherwise encoded as AAC; always encoded; left out.
enum class audio_mode : std::uint8_t { copy, aac, none };

// encode: frames are shaped and encoded. lossless: packets are copied, and frames outside the segment hidden. smart:
// the frames at the edges are encoded and the others copied; all are encoded where that cannot be proven right.
enum class way : std::uint8_t { encode, lossless, smart };

// Options of a clip. Words and numbers mean the same as for the ffmpeg program.
struct options {
    way mode = way::encode;         // where lossless, only `audio` (not as aac) and `reproducible` count of the rest
    std::string preset = "medium";  // of libx264
    std::string tune{};             // of libx264; empty: none
    int crf = 23;
    int gop = 0;                    // the most frames from one key frame to the next; 0: libx264's own
    std::optional<int> b_frames{};  // the most of them in a row; none: as the preset says
    std::string x264_params{};      // name=value:name=value, for libx264 itself
    std::string pixel_format{};     // empty: yuv420p
    bool limited_range = false;  // of full range, as phones and action cameras have it, frames are brought to limited
    int short_side = 0;          // the shorter side has at most so many pixels; 0: as it is
    bool square_pixels = false;  // frames of other pixels are made wider or narrower
    int multiple = 0;            // width and height are cut down to a multiple; 0: of what the pixel format takes
    std::string frame_rate{};    // as -r takes it: 25, 30000/1001, ntsc; brought about by the fps filter
    std::string filter{};        // a filter graph with one input and one output; it sees the segment alone
    audio_mode audio = audio_mode::copy;
    bool keep_corrupt = false;  // frames that cannot be decoded without errors are shown as they come out
    // The clip names neither libav nor libx264, and its frames do not depend on the CPU.
    bool reproducible = false;

    // The frames of the clip are not those of the source.
    bool changes_frames() const
    {
        return !tune.empty() || gop != 0 || b_frames || !x264_params.empty() || !pixel_format.empty() ||
               limited_range || short_side != 0 || square_pixels || multiple != 0 || !frame_rate.empty() ||
               !filter.empty();
    }
    bool needs_encoder() const
    {
        const options usual{};
        return preset != usual.preset || crf != usual.crf || changes_frames() || audio == audio_mode::aac;
    }
};

// Throws std::invalid_argument, with a text for the user, for options that no clip can be cut with.
void check(const options&);

// The facts of a finished clip, for verifying it.
struct result {
    std::int64_t frames = 0;
    std::chrono::microseconds start{};     // when the first frame is shown
    std::chrono::microseconds duration{};  // of the frames
    std::chrono::microseconds missing{};   // of the segment, behind its last frame
    bool goes_on = false;                  // the video has frames behind the segment; else it ends there
    bool audio = false;
    // For a smart cut: how it was put together, or why it was not.
    std::optional<media::splice> parts{};
    why_encoded encoded_because = why_encoded::not_at_all;
    std::string source{};  // what it was cut from: "MP4, h264 640x360, 25 fps, aac"
};

// Writes [start, end) of a video as an MP4 file to `output`, a new and empty file: frames in H.264, encoded on one
// thread, audio copied. Frames, their times and the stream itself are those of
// `ffmpeg -ss START -t LENGTH -i FILE -t LENGTH -c:v libx264 -pix_fmt yuv420p -threads 1`, the audio is that of
// `ffmpeg -i FILE -ss START -t LENGTH -c:a copy`; of two files, those that the same commands make of
// `ffmpeg -i FRAMES -i AUDIO -c copy FILE`. Where a frame is one pixel too wide or too high for the pixel format,
// that pixel is cut off. Audio that is encoded is that of the first command with `-c:a aac`.
//
// Throws media::error for what is wrong with the source, media::missing_bytes, encode_error, and std::system_error when
// the file cannot be written or a stop was requested.
result encode(const input&, segment wanted, int output, const options&, std::stop_token = {});

// encode(), copy() of lossless.hpp or smart_cut() of smart.hpp, as the options say.
result make_clip(const input&, segment wanted, int output, const options&, std::stop_token = {});

}  // namespace reelpipe::cut

#endif
