#ifndef REELPIPE_STAGES_RESOLVE_ERROR_TABLE_HPP
#define REELPIPE_STAGES_RESOLVE_ERROR_TABLE_HPP

#include <optional>
#include <span>
#include <string>

#include "reelpipe/outcome.hpp"
#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// An error that yt-dlp reports when it finds no media.
struct ytdlp_error {
    std::string text{};
    std::string exception{};         // the class that carried it
    std::optional<bool> expected{};  // whether the extractor foresaw it; network errors do not say
    std::optional<int> status{};     // of an HTTP reply
    std::span<const std::string> warnings{};
};

// The circumstances that decide besides the text.
struct error_context {
    bool behind_proxy = false;
    bool runs_scripts = false;      // yt-dlp can run the scripts of the site, or is too old to need it
    bool is_youtube_video = false;  // the URL asked for is one of YouTube's, and well-formed
};

reason reason_for(const ytdlp_error&, const error_context&);

// The fault of the site, if it did not answer or sent a server error. Another video may meet it, too.
site_fault fault_in(const ytdlp_error&);

// The trouble that text and warnings report about the site as a whole: bot_check, rate_limited, blocked or
// no_network. `text` is empty for a video that was found all the same.
std::optional<reason> site_trouble(const std::string& text, std::span<const std::string> warnings);

}  // namespace reelpipe::resolve

#endif
