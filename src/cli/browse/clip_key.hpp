#ifndef REELPIPE_CLI_BROWSE_CLIP_KEY_HPP
#define REELPIPE_CLI_BROWSE_CLIP_KEY_HPP

#include <optional>
#include <string>
#include <string_view>

#include "reelpipe/clip.hpp"

namespace reelpipe::cli {

// What names a clip of a folder in URLs, "0347ZoDXyP0/95000000/105000000/abseiling": the video, start and end in
// microseconds, and the label, each encoded as part of a URL. It holds any bytes, and is looked up in the ledger; no
// path is made of it.
std::string key_of(const clip_request&);

// Nothing for a text that is no key.
std::optional<clip_request> clip_of(std::string_view key);

}  // namespace reelpipe::cli

#endif
