#ifndef REELPIPE_STAGES_VERIFY_CONTAINER_END_HPP
#define REELPIPE_STAGES_VERIFY_CONTAINER_END_HPP

#include <optional>
#include <string>

#include "media/partial_file.hpp"

namespace reelpipe::verify {

// What the container's own lengths say is not there any more, as the message of a truncated_error: an MP4 box, the
// segment of a Matroska file or the list of an AVI file goes on behind the end of the file, or an MP4 file has no
// index. Nothing: no such sign. libav takes most of these ends for that of the video.
std::optional<std::string> missing_at_end(const media::partial_file&);

}  // namespace reelpipe::verify

#endif
