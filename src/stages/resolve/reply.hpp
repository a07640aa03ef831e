#ifndef REELPIPE_STAGES_RESOLVE_REPLY_HPP
#define REELPIPE_STAGES_RESOLVE_REPLY_HPP

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "reelpipe/video_source.hpp"
#include "stages/resolve/error_table.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe::resolve {

// A line that no healthy worker sends.
class malformed_reply : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct reply {
    std::variant<resolved_video, source_error> outcome;
    bool last = false;  // the worker asks to be replaced
};

// The versions in a worker's first line. Throws malformed_reply, bad_selector, no_such_extractor, or source_error
// (resolver_missing) if it could not load yt-dlp with these settings.
yt_dlp_versions parse_hello(std::string_view line);

// The answer to request `id`. `proxy` goes to the source as it is. Throws malformed_reply.
reply parse_reply(std::string_view line, std::uint64_t id, const error_context&, const std::string& proxy);

// Returns if request `id` was a download that succeeded. Throws source_error: too_large if it passed its limit,
// no_direct_url or refused if it was not begun, network if it failed on the way; std::system_error if the disk is full;
// malformed_reply.
void check_download(std::string_view line, std::uint64_t id, const error_context&);

}  // namespace reelpipe::resolve

#endif
