#include "site/locator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <asio/system_executor.hpp>
#include <cmath>
#include <filesystem>
#include <regex>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "reelpipe/usage_error.hpp"
#include "site/egress_pool.hpp"
#include "site/proxy.hpp"
#include "site/quota.hpp"
#include "stages/fetch/url.hpp"
#include "stages/resolve/archives.hpp"
#include "stages/resolve/bucket.hpp"
#include "stages/resolve/clip_folder.hpp"
#include "stages/resolve/cookies.hpp"
#include "stages/resolve/folder.hpp"
#include "stages/resolve/url_list.hpp"
#include "stages/resolve/url_template.hpp"
#include "stages/resolve/web_url.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace {

// A guest of YouTube gets about 300 videos an hour before blocks begin.
constexpr double youtube_per_hour = 240;

constexpr std::string_view clips_prefix = "clips:", archive_prefix = "archive:", bucket_prefix = "s3://";

enum class source_kind : std::uint8_t { custom, site, urls, url_list, folder, clips, archives, bucket };

source_kind kind_of(const source_options& options)
{
    if (options.custom) return source_kind::custom;
    if (is_site(options)) return source_kind::site;
    if (options.name.starts_with(clips_prefix)) return source_kind::clips;
    if (options.name.starts_with(archive_prefix)) return source_kind::archives;
    if (options.name.starts_with(bucket_prefix)) return source_kind::bucket;
    if (options.name.find("://") != std::string::npos || resolve::url_template::takes_urls(options.name))
        return source_kind::urls;
    if (std::filesystem::is_regular_file(options.name)) return source_kind::url_list;
    if (std::filesystem::is_directory(options.name)) return source_kind::folder;
    throw std::invalid_argument(
        "expected 'youtube', an http(s) URL with {id} in it, a folder of videos, clips:FOLDER, archive:FILE, "
        "s3://BUCKET/KEY with {id} in the key, or a file of URLs, one JSON object a line");
}

bool has_pages_of_youtube(const source_options& options)
{
    return options.url_base == resolve::yt_dlp_options{}.url_base;
}

double rate_of(const source_options& options)
{
    if (options.player_rate) return *options.player_rate;
    return options.resolve_rate.value_or(has_pages_of_youtube(options) ? youtube_per_hour : 0);
}

std::vector<std::string> ways_of(const source_options& options)
{
    return options.proxies.empty() ? std::vector<std::string>(1) : options.proxies;
}

// A file for each site and address. Without one, the run goes on with a quota of its own.
std::filesystem::path quota_file_of(const source_options& options, const std::string& proxy, const wait_hooks& hooks)
try {
    if (!options.shares_quota || rate_of(options) <= 0) return {};
    return folder_of_quotas() / fmt::format("{:016x}", store::stable_hash(options.url_base + '\n' + proxy));
} catch (const std::system_error& e) {
    if (hooks.say)
        hooks.say(severity::warning,
                  fmt::format("{}; other runs on this machine ask the site besides this one", e.what()));
    return {};
}

std::shared_ptr<video_source> site_of(const asio::any_io_executor& loop, const source_options& options, bool with_audio,
                                      wait_hooks hooks, const std::string& reference)
{
    std::vector<egress_pool::egress_config> ways;
    for (const std::string& proxy : ways_of(options)) {
        auto site = std::make_shared<resolve::yt_dlp>(loop, yt_dlp_options_for(options, with_audio, proxy));
        // A proxy's URL may hold a password.
        std::string name = proxy.empty() ? "the site" : "the site through " + proxy.substr(proxy.rfind('@') + 1);
        ways.push_back({std::move(name), std::move(site), quota_file_of(options, proxy, hooks)});
    }
    auto pool = std::make_shared<egress_pool>(std::move(ways),
                                              egress_options{.per_hour = rate_of(options),
                                                             .counts_player_requests = options.player_rate.has_value(),
                                                             .width = resolvers_for(options),
                                                             .max_wait = options.max_wait,
                                                             .first_pause = options.block_pause,
                                                             .say = std::move(hooks.say),
                                                             .is_ending = std::move(hooks.is_ending),
                                                             .on_hold_up = std::move(hooks.on_hold_up)});
    pool->set_reference(reference);
    return pool;
}

std::shared_ptr<resolve::bucket> bucket_of(const source_options& options)
{
    const s3_access& access = options.s3;
    const auto is_word = [](const std::string& text) {
        return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
    };
    if (access.access_key.empty() || access.secret_key.empty())
        throw std::invalid_argument("its keys are missing: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    if (!is_word(access.region)) throw std::invalid_argument("'" + access.region + "' is not a region");
    if (!resolve::is_one_line(access.session_token)) throw std::invalid_argument("the session token is not one line");
    const std::string of_aws = "https://s3." + access.region + ".amazonaws.com";
    return std::make_shared<resolve::bucket>(options.name, access.endpoint.empty() ? of_aws : access.endpoint,
                                             ways_of(options).front());
}

std::shared_ptr<video_source> source_of(const asio::any_io_executor& loop, const source_options& options,
                                        bool with_audio, wait_hooks hooks, const std::string& reference)
{
    switch (kind_of(options)) {
        case source_kind::custom:
            break;
        case source_kind::site:
            return site_of(loop, options, with_audio, std::move(hooks), reference);
        case source_kind::urls:
            return std::make_shared<resolve::url_template>(options.name, ways_of(options).front());
        case source_kind::url_list:
            return std::make_shared<resolve::url_list>(options.name, ways_of(options).front());
        case source_kind::folder:
            return std::make_shared<resolve::folder>(options.name);
        case source_kind::clips:
            return std::make_shared<resolve::clip_folder>(options.name.substr(clips_prefix.size()));
        case source_kind::archives:
            return std::make_shared<resolve::archives>(options.name.substr(archive_prefix.size()));
        case source_kind::bucket:
            return bucket_of(options);
    }
    return options.custom;
}

// The options that only a site behind yt-dlp has a use for.
// clang-format off
struct site_option {
    const char* name;  // as the command line spells it
    bool (*differs)(const source_options&, const source_options& usual);
};
constexpr std::array site_options{
    site_option{"--url-base",    [](const source_options& o, const source_options& usual) { return o.url_base != usual.url_base; }},
    site_option{"--format",      [](const source_options& o, const source_options& usual) { return o.format != usual.format; }},
    site_option{"--cookies",     [](const source_options& o, const source_options& usual) { return o.cookies != usual.cookies; }},
    site_option{"--yt-dlp",      [](const source_options& o, const source_options& usual) { return o.yt_dlp != usual.yt_dlp; }},
    site_option{"--yt-dlp-option", [](const source_options& o, const source_options& usual) { return o.yt_dlp_parameters != usual.yt_dlp_parameters; }},
    site_option{"--yt-dlp-cache", [](const source_options& o, const source_options& usual) { return o.yt_dlp_cache != usual.yt_dlp_cache; }},
    site_option{"--metadata",    [](const source_options& o, const source_options& usual) { return o.metadata != usual.metadata; }},
    site_option{"--subtitles",   [](const source_options& o, const source_options& usual) { return o.subtitles != usual.subtitles; }},
    site_option{"--fallback",    [](const source_options& o, const source_options& usual) { return o.fallback != usual.fallback; }},
    site_option{"--extractors",  [](const source_options& o, const source_options& usual) { return o.extractors != usual.extractors; }},
    site_option{"--player-rate", [](const source_options& o, const source_options& usual) { return o.player_rate != usual.player_rate; }},
    site_option{"--python",      [](const source_options& o, const source_options& usual) { return o.python != usual.python; }},
    site_option{"--max-wait",    [](const source_options& o, const source_options& usual) { return o.max_wait != usual.max_wait; }},
    site_option{"--block-pause", [](const source_options& o, const source_options& usual) { return o.block_pause != usual.block_pause; }},
    // A source of the program's own is asked by so many at once, too.
    site_option{"--resolvers",   [](const source_options& o, const source_options& usual) { return !o.custom && o.resolvers != usual.resolvers; }},
};
// clang-format on

bool is_on_disk(source_kind kind)
{
    return kind == source_kind::folder || kind == source_kind::clips || kind == source_kind::archives;
}

// yt-dlp takes regular expressions, and fails at bad ones once it has found a video.
void check_languages(const std::string& languages)
{
    static const std::regex names(R"([A-Za-z0-9][A-Za-z0-9_-]*(\.\*)?(,[A-Za-z0-9][A-Za-z0-9_-]*(\.\*)?)*)");
    if (languages.empty() || (languages.size() <= 1000 && std::regex_match(languages, names))) return;
    throw usage_error("--subtitles: give languages with commas between them, such as en,de or en.*");
}

// An option without an effect is a mistake that would be found after days.
void check_use(const source_options& options)
{
    const source_kind kind = kind_of(options);
    if (!options.headers.empty() && kind != source_kind::urls && kind != source_kind::url_list)
        throw usage_error(
            fmt::format("--header is for URL templates and files of URLs, and {} is neither: leave it out",
                        kind == source_kind::custom ? "a source of one's own" : options.name));
    check_languages(options.subtitles);
    if (kind == source_kind::site) return;
    const std::string source = kind == source_kind::custom ? "a custom source" : options.name;
    const source_options usual{};
    for (const site_option& option : site_options)
        if (option.differs(options, usual))
            throw usage_error(fmt::format("{} works only with yt-dlp, and {} does not use it; leave the option out",
                                          option.name, source));
    if (options.proxies.empty()) return;
    if (is_on_disk(kind) || kind == source_kind::custom)
        throw usage_error(fmt::format("--proxy has no effect with {}; leave it out", source));
    if (options.proxies.size() > 1)
        throw usage_error(
            fmt::format("several --proxy work only with yt-dlp, and {} does not use it; give one", source));
}

void check_cookies(const std::filesystem::path& file)
try {
    resolve::check_cookie_file(file);
} catch (const std::invalid_argument& e) {
    throw usage_error(fmt::format("--cookies {}", e.what()));
}

// True if others choose the hosts of media: a site, or whoever wrote the list.
bool is_named_by_others(const source_options& options)
{
    // A site on this machine or network may well have its media there, too.
    if (is_site(options)) return !fetch::has_private_host(options.url_base);
    return !options.custom && resolve::url_template::takes_urls(options.name);
}

}  // namespace

bool is_youtube(const source_options& options) { return is_site(options) && has_pages_of_youtube(options); }

bool is_site(const source_options& options) { return !options.custom && options.name == "youtube"; }

double resolves_per_hour(const source_options& options)
{
    return is_site(options) ? rate_of(options) * static_cast<double>(ways_of(options).size()) : 0;
}

std::string quota_time(const source_options& options, std::uint64_t requests)
{
    const double at_once = quota::burst * static_cast<double>(ways_of(options).size());
    const double per_hour = resolves_per_hour(options), paced = static_cast<double>(requests) - at_once;
    if (paced <= 0 || per_hour <= 0) return "0 minutes";
    // Rounded down: it is said of the least time that it can take.
    const auto rounded = [](double value) {
        return value < 10 ? fmt::format("{:.1f}", std::floor(value * 10) / 10)
                          : fmt::format("{:.0f}", std::floor(value));
    };
    const double hours = paced / per_hour;
    if (hours < 1) return rounded(hours * 60) + " minutes";
    if (hours < 48) return rounded(hours) + " hours";
    return rounded(hours / 24) + " days";
}

bool is_free_to_ask(const source_options& options) { return is_on_disk(kind_of(options)); }

std::string signed_root(const source_options& options)
try {
    return kind_of(options) == source_kind::bucket ? bucket_of(options)->root() : "";
} catch (const std::invalid_argument& e) {
    throw usage_error(fmt::format("--source {}: {}", options.name, e.what()));
}

bool names_hosts(const source_options& options)
{
    const source_kind kind = kind_of(options);
    return kind == source_kind::custom || kind == source_kind::url_list ||
           (kind == source_kind::urls && resolve::url_template::takes_urls(options.name));
}

std::size_t resolvers_for(const source_options& options)
{
    // YouTube's quota keeps two busy for a second a minute. Pages of another site may take 100 ms each, and a
    // connection can take dozens of videos a second.
    constexpr std::size_t for_youtube = 2, for_other_sites = 8;
    if (options.resolvers) return options.resolvers;
    return is_site(options) && !has_pages_of_youtube(options) ? for_other_sites : for_youtube;
}

resolve::yt_dlp_options yt_dlp_options_for(const source_options& options, bool with_audio, const std::string& proxy)
{
    return {.url_base = options.url_base,
            .format = options.format,
            .max_height = options.max_height,
            .with_audio = with_audio,
            .cookies = options.cookies,
            .proxy = proxy,
            .yt_dlp = options.yt_dlp,
            .python = options.python,
            .workers = resolvers_for(options),
            .cache = options.yt_dlp_cache,
            .extractors = options.extractors,
            .metadata = options.metadata,
            .subtitles = options.subtitles,
            .public_only = is_named_by_others(options),
            .fallback = options.fallback == fallback_choice::yt_dlp,
            .parameters = options.yt_dlp_parameters};
}

locator::locator(const asio::any_io_executor& loop, const source_options& options, bool with_audio, wait_hooks hooks,
                 const std::string& reference)
try
    : source_(source_of(loop, options, with_audio, std::move(hooks), reference)),
      named_by_others_(is_named_by_others(options)),
      headers_(options.headers),
      with_audio_(with_audio) {
    if (is_site(options)) media_urls_.emplace("{id}", ways_of(options).front());
} catch (const std::exception& e) {
    throw usage_error(fmt::format("--source {}: {}", options.name, e.what()));
}

asio::awaitable<std::vector<message>> locator::start()
try {
    co_return co_await source_->start();
} catch (const resolve::bad_selector& e) {
    throw usage_error(fmt::format("--format: {}", e.what()));
} catch (const resolve::no_such_extractor& e) {
    throw usage_error(
        fmt::format("--extractors: yt-dlp has none that is called '{}'; its names are what `yt-dlp "
                    "--list-extractors` prints",
                    e.what()));
} catch (const std::invalid_argument& e) {
    throw usage_error(fmt::format("--source {}", e.what()));
}

asio::awaitable<resolved_video> locator::locate(std::string video)
{
    resolved_video found;
    const bool is_direct = media_urls_ && resolve::names_media(video);
    if (is_direct)
        found.source = media_urls_->find(video);
    else
        found = co_await source_->resolve(std::move(video));
    if (!with_audio_ && found.source.files.size() == 2) found.source.files.pop_back();
    for (media_file& file : found.source.files) {
        remote_file* const remote = remote_part(file);
        if (remote && (is_direct || named_by_others_)) remote->public_only = true;
        if (auto* const whole = std::get_if<yt_dlp_file>(&file)) whole->public_only = named_by_others_;
        if (remote) remote->headers.insert(remote->headers.end(), headers_.begin(), headers_.end());
    }
    co_return found;
}

resolve::archives* locator::archives() const { return dynamic_cast<resolve::archives*>(source_.get()); }

void locator::check(const source_options& options)
{
    const locator unused(asio::system_executor(), options, true);
    check_use(options);
    if (!options.cookies.empty()) check_cookies(options.cookies);
    for (const std::string& proxy : options.proxies) check_proxy(proxy);
    if (options.resolve_rate && options.player_rate)
        throw usage_error("--resolve-rate counts videos and --player-rate counts player requests; give one of them");
    if (options.resolve_rate && !is_site(options))
        throw usage_error(
            fmt::format("--resolve-rate works only with yt-dlp, and {} does not use it; "
                        "limit the bytes instead (--limit-rate)",
                        options.name));
}

std::size_t locator::max_concurrent_resolves(const source_options& options)
{
    constexpr std::size_t in_doubt = 64;
    return resolvers_for(options) * ways_of(options).size() + (is_site(options) ? in_doubt : 0);
}

}  // namespace reelpipe
