#ifndef REELPIPE_STAGES_RESOLVE_PROGRAM_REPLY_HPP
#define REELPIPE_STAGES_RESOLVE_PROGRAM_REPLY_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace reelpipe::resolve {

// The answer that a worker would have given to request `id`, made from the output of `yt-dlp -J`, messages included.
// Throws malformed_reply if the output says neither what was found nor why not, and source_error (resolver_missing)
// if it says that the format selector is invalid.
std::string reply_of_program(std::string_view printed, std::uint64_t id, bool with_metadata);

}  // namespace reelpipe::resolve

#endif
