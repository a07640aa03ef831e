#ifndef REELPIPE_MEDIA_ENCRYPTION_HPP
#define REELPIPE_MEDIA_ENCRYPTION_HPP

#include <optional>
#include <string>

#include "media/av.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::media {

// The encryption of a file, as far as the file names it where it describes its streams: without the key, packets decode
// to noise, or not at all. Empty for clear files.
std::optional<std::string> encryption_of(const partial_file&, const AVFormatContext& opened);

// The same of an MP4 file that cannot be opened; empty for files of other kinds, too.
std::optional<std::string> encryption_of_mp4(const partial_file&);

}  // namespace reelpipe::media

#endif
