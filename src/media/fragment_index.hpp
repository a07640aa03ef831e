#ifndef REELPIPE_MEDIA_FRAGMENT_INDEX_HPP
#define REELPIPE_MEDIA_FRAGMENT_INDEX_HPP

#include <chrono>
#include <vector>

#include "media/partial_file.hpp"

namespace reelpipe::media {

// A part of an MP4 file that can be decoded without the parts before it.
struct fragment {
    byte_range bytes;
    std::chrono::microseconds begin{};  // on the file's own clock
    std::chrono::microseconds end{};
};

// The fragments of an MP4 file of one track that begins with an index of them (sidx), in their order, as sites keep
// video and audio. libav reads this index as well, but keeps it to itself. Empty where there is none, where it is
// not held or makes no sense, and where it points to further indexes.
std::vector<fragment> fragments_of(const partial_file&);

}  // namespace reelpipe::media

#endif
