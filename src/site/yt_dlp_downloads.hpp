#ifndef REELPIPE_SITE_YT_DLP_DOWNLOADS_HPP
#define REELPIPE_SITE_YT_DLP_DOWNLOADS_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "reelpipe/download_options.hpp"
#include "stages/fetch/disk_budget.hpp"
#include "stages/fetch/fetcher.hpp"
#include "stages/resolve/async_semaphore.hpp"
#include "stages/resolve/yt_dlp_download.hpp"

namespace reelpipe {

// Brings whole files that only yt-dlp can download, a few at a time. Each works in a folder of its own in `temporary`,
// which a later run removes if this one is killed, and within the disk budget.
// Threads: the loop's.
class yt_dlp_downloads {
public:
    yt_dlp_downloads(const asio::any_io_executor& loop, const source_options&, const fetch_options&,
                     std::filesystem::path temporary, std::shared_ptr<fetch::disk_budget>);

    // Makes the video hold those files of the source that are a yt_dlp_file. Throws what download_file() throws; a file
    // that does not fit in the disk budget is a source_error, no_direct_url.
    asio::awaitable<void> bring(fetch::held_video&, media_source);

    std::uint64_t bytes() const { return bytes_; }  // of all files so far

private:
    asio::awaitable<void> bring_missing(fetch::held_video&, media_source, std::vector<std::size_t> missing);
    asio::awaitable<void> bring_file(fetch::held_video::file&, std::shared_ptr<fetch::disk_share>, yt_dlp_file);

    resolve::yt_dlp_options options_;
    resolve::download_limits limits_;
    bool allow_private_;
    bool limited_by_budget_;
    std::filesystem::path temporary_;
    std::shared_ptr<fetch::disk_budget> budget_;
    resolve::async_semaphore door_;
    std::uint64_t bytes_ = 0;
};

}  // namespace reelpipe

#endif
