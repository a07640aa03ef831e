#ifndef REELPIPE_PIPELINE_LOCATOR_HPP
#define REELPIPE_PIPELINE_LOCATOR_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "reelpipe/download.hpp"
#include "reelpipe/video_source.hpp"

namespace reelpipe {

// The source that the user named: a site behind yt-dlp, a URL template, a folder, or one of their own.
// Threads: those of yt_dlp.
class locator {
public:
    // Throws usage_error for a source that cannot be one.
    locator(const asio::any_io_executor& loop, const download_options&);

    // Throws usage_error for options that the constructor would refuse; asks nobody and starts nothing.
    static void check(const download_options&);

    // As those of video_source.
    asio::awaitable<std::vector<message>> start() { return source_->start(); }
    asio::awaitable<resolved_video> locate(std::string video);

    std::string version() const { return source_->version(); }

    // Whether URLs stop working after a while, so that asking again may help.
    bool has_expiring_urls() const { return source_->urls_expire(); }

private:
    std::shared_ptr<video_source> source_;
    bool named_by_site_;  // whatever URL it has found
};

}  // namespace reelpipe

#endif
