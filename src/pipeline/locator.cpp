#include "pipeline/locator.hpp"

#include <fmt/format.h>

#include <asio/system_executor.hpp>
#include <filesystem>
#include <stdexcept>

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

}  // namespace

locator::locator(const asio::any_io_executor& loop, const download_options& options)
try : source_(source_of(loop, options)) {
} catch (const std::exception& e) {
    throw usage_error(fmt::format("--source {}: {}", options.source, e.what()));
}

void locator::check(const download_options& options) { const locator unused(asio::system_executor(), options); }

}  // namespace reelpipe
