#ifndef REELPIPE_MEDIA_NAL_UNITS_HPP
#define REELPIPE_MEDIA_NAL_UNITS_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/av.hpp"

namespace reelpipe::media {

// The number of bytes in front of each NAL unit that state its length (ISO/IEC 14496-15); 0: the codec has no such
// units.
std::size_t length_bytes_of(const AVCodecParameters&);

// The lengths inside a sample add up to the sample. An index that lies about sizes or positions breaks this at once,
// and so does a hole in a file.
bool units_fill_sample(std::span<const std::uint8_t> sample, std::size_t length_bytes);

// The NAL units of a sample, each of them behind its length, or behind a start code where `length_bytes` is 0.
std::vector<std::span<const std::uint8_t>> units_in(std::span<const std::uint8_t> sample, std::size_t length_bytes);

}  // namespace reelpipe::media

#endif
