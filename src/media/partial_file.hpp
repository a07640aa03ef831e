#ifndef REELPIPE_MEDIA_PARTIAL_FILE_HPP
#define REELPIPE_MEDIA_PARTIAL_FILE_HPP

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/range_set.hpp"

namespace reelpipe::media {

// The held ranges of a media file on disk. Reading a byte that is not held would read a zero of the sparse file.
// Plain data, a view: the descriptor belongs to whoever fetched the file and outlives every use.
struct partial_file {
    // Bytes of the file, and where in the descriptor they lie.
    struct extent {
        byte_range bytes;
        std::uint64_t place = 0;
    };

    int descriptor = -1;
    std::uint64_t size = 0;  // of the whole file
    range_set held{};
    std::optional<std::chrono::microseconds>
        origin{};  // what a user calls 0, on the file's clock; else where it begins
    // Audio is interleaved this far ahead of its frames; reading a segment starts that much earlier.
    std::chrono::microseconds audio_ahead{};
    // For files that are put together out of parts: ascending, and all that is held. Empty: each byte lies at its
    // offset.
    std::vector<extent> extents{};
};

// An open file that is there as a whole. Moves its offset, but asks for nothing that a sandboxed worker may not. Throws
// std::system_error.
partial_file whole_file(int descriptor);

// As pread(): how many bytes were read, fewer where an extent ends; -1 and errno. For bytes that are held.
ssize_t read_at(const partial_file&, std::uint64_t offset, std::span<std::byte>);

}  // namespace reelpipe::media

#endif
