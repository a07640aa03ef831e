#ifndef REELPIPE_MEDIA_ENCRYPTION_HPP
#define REELPIPE_MEDIA_ENCRYPTION_HPP

#include <optional>
#include <string>

#include "media/av.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::media {

// What encrypts a file, as far as it says so where it describes its streams: without the key, packets hold what decodes
// to noise, or does not decode. Empty for clear ones.
std::optional<std::string> encryption_of(const partial_file&, const AVFormatContext& opened);

}  // namespace reelpipe::media

#endif
