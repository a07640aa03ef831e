#ifndef REELPIPE_VIDEO_SOURCE_HPP
#define REELPIPE_VIDEO_SOURCE_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <reelpipe/media_source.hpp>
#include <reelpipe/message.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// A sign that a site as a whole may be down.
enum class site_fault : std::uint8_t { none, server_error, no_connection };

// Facts about a failure besides its reason and its text.
struct failure_facts {
    std::optional<int> status{};  // of the HTTP reply that caused it
    std::optional<std::chrono::seconds> retry_after{};
    std::vector<std::string> warnings{};  // what the resolver said on the way
    // The trouble that text and warnings report about the site as a whole, if they do: bot_check, rate_limited,
    // blocked or no_network. A private video on a rate-limited address has both.
    std::optional<reason> site{};
    unsigned player_requests = 0;         // as in resolved_video
    site_fault fault = site_fault::none;  // where the site answered nothing that is of use
    bool final = false;                   // who says so has waited for it to pass: asking again at once is of no use
};

// Why a video has no source. what() is the whole text of whoever said so.
class source_error : public std::runtime_error {
public:
    source_error(reason why, const std::string& text, failure_facts facts = {})
        : std::runtime_error(text), why_(why), facts_(std::move(facts))
    {
    }

    reason why() const { return why_; }
    const failure_facts& facts() const { return facts_; }

private:
    reason why_;
    failure_facts facts_;
};

struct resolved_video {
    media_source source{};
    std::optional<std::chrono::milliseconds> duration{};  // as the site says it
    std::vector<std::string> warnings{};
    std::string metadata{};        // a JSON object, what the site says of the video; empty: nothing, or nobody asked
    unsigned player_requests = 0;  // that it took, where the site counts them; 0: unknown
    unsigned subtitle_requests = 0;
    std::optional<reason> site{};  // trouble with the site as a whole that the warnings tell of, as in failure_facts
};

// A source of videos: a site, a mirror, a folder, a table of yours.
//
//     struct catalogue : reelpipe::video_source {
//         asio::awaitable<reelpipe::resolved_video> resolve(std::string video) override;
//     };
//
// Threads: everything is called on the run's executor, which runs one handler at a time; any number of calls at a time.
class video_source {
public:
    virtual ~video_source() = default;

    // Makes ready, once, before the first video; what the user should know of it, if anything. Throws source_error:
    // then the run ends before it begins.
    virtual asio::awaitable<std::vector<message>> start() { co_return std::vector<message>(); }

    // The media of the video with this id, which is untrusted text. Throws source_error, whose reason decides what
    // becomes of the video's clips.
    virtual asio::awaitable<resolved_video> resolve(std::string video) = 0;

    // The name and version of the program that finds the media, after start(): "yt-dlp 2025.11.12". Kept with the
    // outcomes.
    virtual std::string version() const { return {}; }

    // True if URLs expire, so that asking again may help.
    virtual bool urls_expire() const { return false; }
};

}  // namespace reelpipe

#endif
