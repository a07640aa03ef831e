#include "pipeline/locator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/system_executor.hpp>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <variant>

#include "pipeline/egress_pool.hpp"
#include "stages/fetch/url.hpp"
#include "stages/resolve/folder.hpp"
#include "stages/resolve/url_template.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe {

namespace {

// A guest of YouTube gets about 300 videos an hour before blocks begin.
constexpr double youtube_per_hour = 240;

bool is_site(const download_options& options) { return !options.custom_source && options.source == "youtube"; }

double rate_of(const download_options& options)
{
    const bool is_youtube = options.url_base == resolve::yt_dlp_options{}.url_base;
    return options.resolve_rate.value_or(is_youtube ? youtube_per_hour : 0);
}

std::vector<std::string> ways_of(const download_options& options)
{
    return options.proxies.empty() ? std::vector<std::string>(1) : options.proxies;
}

std::shared_ptr<video_source> site_of(const asio::any_io_executor& loop, const download_options& options,
                                      wait_hooks hooks, const std::string& reference)
{
    std::vector<egress_pool::way_out> ways;
    for (const std::string& proxy : ways_of(options)) {
        auto site =
            std::make_shared<resolve::yt_dlp>(loop, resolve::yt_dlp_options{.url_base = options.url_base,
                                                                            .format = options.format,
                                                                            .max_height = options.max_height,
                                                                            .cookies = options.cookies,
                                                                            .proxy = proxy,
                                                                            .yt_dlp = options.yt_dlp,
                                                                            .python = options.python,
                                                                            .workers = options.resolvers,
                                                                            .parameters = options.yt_dlp_parameters});
        // A proxy's URL may hold a password.
        std::string name = proxy.empty() ? "the site" : "the site through " + proxy.substr(proxy.rfind('@') + 1);
        ways.push_back({std::move(name), std::move(site)});
    }
    auto pool =
        std::make_shared<egress_pool>(std::move(ways), egress_options{.per_hour = rate_of(options),
                                                                      .width = options.resolvers,
                                                                      .max_wait = options.max_wait,
                                                                      .first_pause = options.block_pause,
                                                                      .say = options.on_message,
                                                                      .is_ending = std::move(hooks.is_ending),
                                                                      .on_hold_up = std::move(hooks.on_hold_up)});
    pool->set_reference(reference);
    return pool;
}

std::shared_ptr<video_source> source_of(const asio::any_io_executor& loop, const download_options& options,
                                        wait_hooks hooks, const std::string& reference)
{
    if (options.custom_source) return options.custom_source;
    if (is_site(options)) return site_of(loop, options, std::move(hooks), reference);
    if (options.source.find("://") != std::string::npos)
        return std::make_shared<resolve::url_template>(options.source, ways_of(options).front());
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

double resolves_per_hour(const download_options& options)
{
    return is_site(options) ? rate_of(options) * static_cast<double>(ways_of(options).size()) : 0;
}

bool is_free_to_ask(const download_options& options)
{
    return !options.custom_source && !is_site(options) && options.source.find("://") == std::string::npos;
}

locator::locator(const asio::any_io_executor& loop, const download_options& options, wait_hooks hooks,
                 const std::string& reference)
try
    : source_(source_of(loop, options, std::move(hooks), reference)),
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

void locator::check(const download_options& options)
{
    const locator unused(asio::system_executor(), options);
    if (options.resolve_rate && !is_site(options))
        throw usage_error(
            fmt::format("a rate of resolving is for sites whose pages are asked for, and {} has none; "
                        "bound the bytes instead (--limit-rate)",
                        options.source));
}

std::size_t locator::useful_calls(const download_options& options)
{
    constexpr std::size_t in_doubt = 64;
    return options.resolvers * ways_of(options).size() + (is_site(options) ? in_doubt : 0);
}

}  // namespace reelpipe
