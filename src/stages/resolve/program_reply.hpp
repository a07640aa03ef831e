#ifndef REELPIPE_STAGES_RESOLVE_PROGRAM_REPLY_HPP
#define REELPIPE_STAGES_RESOLVE_PROGRAM_REPLY_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace reelpipe::resolve {

// What a worker would have answered to request `id`, from what the program printed for `yt-dlp -J`, with its messages
// among it. Throws malformed_reply if it says neither what it found nor why not, and source_error (resolver_missing) if
// it says that the format selector is none.
std::string reply_of_program(std::string_view printed, std::uint64_t id);

}  // namespace reelpipe::resolve

#endif
