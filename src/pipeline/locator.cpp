#include "pipeline/locator.hpp"

#include <fmt/format.h>

#include <asio/system_executor.hpp>
#include <filesystem>
#include <stdexcept>

namespace reelpipe {

locator::any_source locator::source_of(const asio::any_io_executor& loop, const download_options& options)
{
    if (options.source == "youtube")
        return std::make_unique<resolve::yt_dlp>(loop,
                                                 resolve::yt_dlp_options{.url_base = options.url_base,
                                                                         .format = options.format,
                                                                         .max_height = options.max_height,
                                                                         .cookies = options.cookies,
                                                                         .proxy = options.proxy,
                                                                         .yt_dlp = options.yt_dlp,
                                                                         .python = options.python,
                                                                         .workers = options.resolvers,
                                                                         .parameters = options.yt_dlp_parameters});
    if (options.source.find("://") != std::string::npos) return resolve::url_template(options.source, options.proxy);
    if (std::filesystem::is_directory(options.source)) return resolve::folder(options.source);
    throw std::invalid_argument("expected 'youtube', an http(s) URL with {id} in it, or a folder of videos");
}

locator::locator(const asio::any_io_executor& loop, const download_options& options)
try : source_(source_of(loop, options)) {
} catch (const std::exception& e) {
    throw usage_error(fmt::format("--source {}: {}", options.source, e.what()));
}

void locator::check(const download_options& options) { const locator unused(asio::system_executor(), options); }

asio::awaitable<std::string> locator::start()
{
    std::string line;
    if (site* const yt_dlp = std::get_if<site>(&source_)) {
        const resolve::yt_dlp_versions versions = co_await (*yt_dlp)->start();
        line = fmt::format("yt-dlp {} on Python {}", versions.yt_dlp, versions.python);
    }
    co_return line;
}

asio::awaitable<resolve::resolved> locator::locate(std::string video)
{
    resolve::resolved found;
    if (site* const yt_dlp = std::get_if<site>(&source_)) {
        found = co_await (*yt_dlp)->resolve(std::move(video));
    } else if (const auto* const pattern = std::get_if<resolve::url_template>(&source_)) {
        found.source = pattern->find(video);
    } else {
        found.source = std::get<resolve::folder>(source_).find(video);
    }
    co_return found;
}

}  // namespace reelpipe
