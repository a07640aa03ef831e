#include "pipeline/locator.hpp"

#include <fmt/format.h>

#include <asio/system_executor.hpp>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <variant>

#include "stages/fetch/url.hpp"
#include "stages/resolve/folder.hpp"
#include "stages/resolve/url_template.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe {

namespace {

std::shared_ptr<video_source> source_of(const asio::any_io_executor& loop, const download_options& options)
{
    if (options.custom_source) return options.custom_source;
    if (options.source == "youtube")
        return std::make_shared<resolve::yt_dlp>(loop,
                                                 resolve::yt_dlp_options{.url_base = options.url_base,
                                                                         .format = options.format,
                                                                         .max_height = options.max_height,
                                                                         .cookies = options.cookies,
                                                                         .proxy = options.proxy,
                                                                         .yt_dlp = options.yt_dlp,
                                                                         .python = options.python,
                                                                         .workers = options.resolvers,
                                                                         .parameters = options.yt_dlp_parameters});
    if (options.source.find("://") != std::string::npos)
        return std::make_shared<resolve::url_template>(options.source, options.proxy);
    if (std::filesystem::is_directory(options.source)) return std::make_shared<resolve::folder>(options.source);
    throw std::invalid_argument("expected 'youtube', an http(s) URL with {id} in it, or a folder of videos");
}

// A site on this machine or network may well have its media there, too.
bool is_own_host(const std::string& url)
{
    const std::string host = fetch::host_name_of(url);
    return host == "localhost" || fetch::is_private_address(host);
}

}  // namespace

locator::locator(const asio::any_io_executor& loop, const download_options& options)
try
    : source_(source_of(loop, options)),
      named_by_site_(options.source == "youtube" && !options.custom_source && !is_own_host(options.url_base)) {
} catch (const std::exception& e) {
    throw usage_error(fmt::format("--source {}: {}", options.source, e.what()));
}

asio::awaitable<resolved_video> locator::locate(std::string video)
{
    resolved_video found = co_await source_->resolve(std::move(video));
    for (media_file& file : found.source.files) {
        if (auto* const remote = std::get_if<remote_file>(&file)) remote->public_only = named_by_site_;
        if (auto* const list = std::get_if<hls_playlist>(&file)) list->playlist.public_only = named_by_site_;
    }
    co_return found;
}

void locator::check(const download_options& options) { const locator unused(asio::system_executor(), options); }

}  // namespace reelpipe
