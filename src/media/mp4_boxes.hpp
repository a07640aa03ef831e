#ifndef REELPIPE_MEDIA_MP4_BOXES_HPP
#define REELPIPE_MEDIA_MP4_BOXES_HPP

#include <cstdint>
#include <optional>

#include "media/partial_file.hpp"

namespace reelpipe::media {

struct mp4_box {
    std::uint32_t type = 0;   // four letters, the first in the highest byte
    byte_range payload;       // what follows size and type; may be said to reach beyond the file
    std::uint64_t begin = 0;  // of the box itself
};

constexpr std::uint32_t box_type(const char (&name)[5])
{
    std::uint32_t type = 0;
    for (int i = 0; i < 4; ++i) type = type << 8 | static_cast<unsigned char>(name[i]);
    return type;
}

// The box whose first byte is at `offset`. Nothing where its size and type are not held or make no sense. Only these
// two are read: what is inside of the boxes is libav's business.
std::optional<mp4_box> box_at(const partial_file&, std::uint64_t offset, std::uint64_t parent_end);

// The first box of this type in `parent`, as far as the chain of boxes is held and no longer than max_boxes.
std::optional<mp4_box> find_box(const partial_file&, byte_range parent, std::uint32_t type);

// The range to fetch next of an MP4 file whose index is not complete: the rest of the moov, or the place where the
// chain of top-level boxes goes on; of a fragmented file, also the index of its fragments and the description of the
// first one. Nothing if it is not an MP4 file or its index is held.
std::optional<byte_range> next_towards_index(const partial_file&);

// True if the description of the samples is spread over fragments in the whole file.
bool has_fragments(const partial_file&);

// Throws error for an index that claims more stream_selection, samples or edits than a video has, each of which costs
// libav memory and time, whatever is behind it in the file; and for one of samples that are in another file.
void check_claims(const partial_file&);
// True if a track of a held moov has no number that libav accepts. FFmpeg 5.1 does not keep the fragments of such a
// file apart, and counts up from minus a billion in each of them (mov_read_trun).
bool has_unnumbered_track(const partial_file&);

// All of it that is index: the moov, and in front of the first fragment's samples whatever there is.
std::uint64_t index_bytes(const partial_file&);

}  // namespace reelpipe::media

#endif
