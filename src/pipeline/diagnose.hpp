#ifndef REELPIPE_PIPELINE_DIAGNOSE_HPP
#define REELPIPE_PIPELINE_DIAGNOSE_HPP

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/outcome.hpp"
#include "reelpipe/video_source.hpp"

namespace reelpipe {

// Pseudo host for the resolver: yt-dlp, or the site that it asks.
inline constexpr std::string_view site_itself = "the site";

// The diagnosis of a stage's error.
struct diagnosis {
    reason why = reason::unknown;
    std::string message{};
    std::optional<std::chrono::seconds> retry_after{};  // as the server asked
    std::optional<reason> site{};  // what it says about the site as a whole, besides what it says about the video
    bool final = false;            // it was waited for already
    std::string host{};            // which was asked for media, if one was; or site_itself
    site_fault fault = site_fault::none;
    // Another video of the host might get the same answer: it is a status, a page, a way that leads elsewhere, or a
    // verdict that says nothing of the video but that there is none.
    bool of_host = false;
    bool contradicts = false;             // the host refuses what it has served a moment ago
    bool not_sent = false;                // the host was not asked, as it wants to be left alone
    std::vector<std::string> warnings{};  // of the resolver
};

// The one place where errors of the stages become outcomes.
diagnosis diagnose(std::exception_ptr);

}  // namespace reelpipe

#endif
