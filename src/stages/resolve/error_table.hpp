#ifndef REELPIPE_STAGES_RESOLVE_ERROR_TABLE_HPP
#define REELPIPE_STAGES_RESOLVE_ERROR_TABLE_HPP

#include <optional>
#include <span>
#include <string>

#include "reelpipe/outcome.hpp"
#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// What yt-dlp reports when it finds no media.
struct complaint {
    std::string text{};
    std::string exception{};         // the class that carried it
    std::optional<bool> expected{};  // whether the extractor foresaw it; network errors do not say
    std::optional<int> status{};     // of an HTTP reply
    std::span<const std::string> warnings{};
};

// What decides beside the text.
struct circumstances {
    bool behind_proxy = false;
    bool runs_scripts = false;      // yt-dlp found a JavaScript runtime
    bool is_youtube_video = false;  // the URL asked for is one of YouTube's, and well-formed
};

reason reason_for(const complaint&, const circumstances&);

// Whether the site did not answer, or with a server error, which another video may find as well.
site_fault fault_in(const complaint&);

// What text and warnings say about the site as a whole: bot_check, rate_limited, blocked or no_network. `text` is empty
// for a video that was found all the same.
std::optional<reason> site_trouble(const std::string& text, std::span<const std::string> warnings);

}  // namespace reelpipe::resolve

#endif
