#ifndef REELPIPE_MEDIA_CLIP_HASHES_HPP
#define REELPIPE_MEDIA_CLIP_HASHES_HPP

#include <cstdint>
#include <string>

namespace reelpipe::media {

// What tells whether two clips are the same. Hashes are SHA-256 as 64 hexadecimal digits.
struct clip_hashes {
    std::string file{};         // of all bytes
    std::string video{};        // of what is in the video packets, shown or not, one after the other
    std::uint64_t packets = 0;  // of the video: what many readers take for the number of frames
};

// Reads the whole file. Throws media::error and av::error for what is no video, std::system_error when it cannot be
// read.
clip_hashes hash_clip(int descriptor);

}  // namespace reelpipe::media

#endif
