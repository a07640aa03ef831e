#ifndef REELPIPE_SITE_LOCATOR_HPP
#define REELPIPE_SITE_LOCATOR_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelpipe/download_options.hpp"
#include "reelpipe/video_source.hpp"
#include "stages/resolve/url_template.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe::resolve {
class archives;
}

namespace reelpipe {

// True if videos are resolved by a site, whose media URLs work only for the address that asked.
bool is_site(const source_options&);

// True if ids are those of YouTube.
bool is_youtube(const source_options&);

// The number of videos an hour that the source may be asked for, over all proxies together; 0: no limit.
double resolves_per_hour(const source_options&);

// The least time in which these quotas let so many requests through, for a user who plans: "34 days".
std::string quota_time(const source_options&, std::uint64_t requests);

// The number of videos that are asked for at a time on each way: as the user says, else as many as the source can use.
std::size_t resolvers_for(const source_options&);

// What yt-dlp is told about a site that is asked through `proxy`.
resolve::yt_dlp_options yt_dlp_options_for(const source_options&, bool with_audio, const std::string& proxy);

// Callbacks of a source that may have to wait; called on the loop.
struct wait_hooks {
    std::function<bool()> is_ending{};  // once true, nobody waits for a quota or for a block to end
    std::function<void(std::optional<reason>)> on_hold_up{};  // as egress_options has it
    std::function<void(severity, const std::string&)> say{};  // a line for the user
};

// True if asking is free, so that missing videos may be asked for again each time.
bool is_free_to_ask(const source_options&);

// The beginning of all URLs of a bucket, whose requests are to be signed; empty for other sources. Throws usage_error.
std::string signed_root(const source_options&);

// True if each video may have its own host, chosen by the user rather than by a site.
bool names_hosts(const source_options&);

// The source that the user named: a site behind yt-dlp, a URL template, a file of URLs, a folder of videos or clips, or
// one of their own.
// Threads: those of yt_dlp.
class locator {
public:
    // `reference`: a video of the source that was there before, if any. Throws usage_error for a source that cannot be
    // one.
    locator(const asio::any_io_executor& loop, const source_options&, bool with_audio, wait_hooks = {},
            const std::string& reference = {});

    // Throws usage_error for options that the constructor would refuse; asks nobody and starts nothing.
    static void check(const source_options&);

    // The most calls of locate() that make sense at a time: active ones, and those that wait to have an "unavailable"
    // confirmed.
    static std::size_t max_concurrent_resolves(const source_options&);

    // As those of video_source. A file of URLs that has none is a usage_error, and so is a format that is none.
    asio::awaitable<std::vector<message>> start();
    asio::awaitable<resolved_video> locate(std::string video);

    // The archives that the videos lie in; null for other sources. Owned by this.
    resolve::archives* archives() const;

    std::string version() const { return source_->version(); }

    // True if URLs expire, so that asking again may help.
    bool has_expiring_urls() const { return source_->urls_expire(); }

private:
    std::shared_ptr<video_source> source_;
    std::optional<resolve::url_template> media_urls_;  // a site need not be asked for what is no page of it
    bool named_by_others_;              // URLs come from the site or list, not the user: public hosts only
    std::vector<std::string> headers_;  // of the user
    bool with_audio_;
};

}  // namespace reelpipe

#endif
