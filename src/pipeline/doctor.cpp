#include "reelpipe/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/this_coro.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "folder/run_folder.hpp"
#include "pipeline/checked_options.hpp"
#include "pipeline/machine.hpp"
#include "reelpipe/inspect.hpp"
#include "reelpipe/plan.hpp"
#include "reelpipe/usage_error.hpp"
#include "site/locator.hpp"
#include "site/proxy.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/url.hpp"
#include "stages/resolve/cookies.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe {

namespace {

namespace fs = std::filesystem;

using state = finding::state;
using findings = std::vector<finding>;

// Adds what `look` returns; what it throws is a problem, whose text may hold the remedy.
template <class Look> void add(findings& all, const char* about, const std::string& remedy, Look look)
{
    finding found{.about = about};
    try {
        found = look();
        found.about = about;
    } catch (const std::exception& e) {
        found = {.is = state::problem, .about = about, .text = e.what(), .remedy = remedy};
    }
    all.push_back(std::move(found));
}

finding javascript_of(const resolve::yt_dlp_versions& versions)
{
    finding found{.about = "JavaScript", .text = resolve::scripts_in_words(versions)};
    if (found.text.empty()) found.text = "not needed by this version";
    if (!versions.wants_scripts) return found;
    if (versions.scripts.empty()) {
        found.is = state::warning;
        found.remedy =
            "install quickjs (in Debian 13 or later), deno (`npm install deno` has it ready-made) or node 22, and have "
            "it in PATH";
    } else if (!versions.has_solver) {
        found.is = state::warning;
        found.remedy =
            "install yt-dlp with it (`pipx install \"yt-dlp[default]\"`), or let yt-dlp fetch it: --yt-dlp-option "
            "'remote_components=[\"ejs:github\"]' --yt-dlp-cache DIR";
    }
    return found;
}

asio::awaitable<findings> examine_yt_dlp(const source_options& options, bool with_audio)
{
    findings all;
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    resolve::yt_dlp_options chosen = yt_dlp_options_for(options, with_audio, {});
    chosen.workers = 1;
    chosen.cookies.clear();  // looked at by themselves
    resolve::yt_dlp_versions versions;
    finding failed{.is = state::problem, .about = "yt-dlp"};
    try {
        resolve::yt_dlp resolver(loop, std::move(chosen));
        versions = co_await resolver.load();
    } catch (const source_error& e) {
        failed.text = e.what();
        failed.remedy = explain(e.why());
    } catch (const resolve::bad_selector& e) {
        failed.about = "--format";
        failed.text = e.what();
        failed.remedy = "mend the selector";
    } catch (const std::exception& e) {
        failed.text = e.what();
        failed.remedy = "check --python, --yt-dlp and --yt-dlp-option";
    }
    if (!failed.text.empty()) {
        all.push_back(std::move(failed));
        co_return all;
    }
    finding found{.about = "yt-dlp", .text = versions.yt_dlp};
    found.text +=
        versions.python.empty() ? ", a program that is started for each video" : " on Python " + versions.python;
    if (!resolve::age_warning(versions.yt_dlp, std::chrono::system_clock::now()).empty()) {
        found.is = state::warning;
        found.text += ", more than 90 days old";
        found.remedy = "install a current one, and name it with --yt-dlp PATH";
    }
    all.push_back(std::move(found));
    if (std::string unknown = resolve::unknown_options_in_words(versions); !unknown.empty())
        all.push_back({.is = state::warning,
                       .about = "options",
                       .text = std::move(unknown),
                       .remedy = "check the names after --yt-dlp-option, or install a newer yt-dlp"});
    all.push_back(javascript_of(versions));
    co_return all;
}

finding cookies_of(const fs::path& file)
{
    resolve::check_cookie_file(file);
    const resolve::cookie_ages ages = resolve::cookie_ages_in(file, std::chrono::system_clock::now());
    finding found{.text = fmt::format("{}: {} cookies, {} of them expired", file.string(), ages.all, ages.expired)};
    const auto others = fs::perms::group_read | fs::perms::others_read;
    if ((fs::status(file).permissions() & others) != fs::perms::none) {
        found.is = state::warning;
        found.text += "; other users of this machine can read them";
        found.remedy = "run `chmod 600 " + file.string() + "`";
    }
    if (ages.expired == ages.all) {
        found.is = state::warning;
        found.remedy = "export the cookies again" + (found.remedy.empty() ? "" : ", and " + found.remedy);
    }
    return found;
}

asio::awaitable<finding> proxy_of(std::string url)
{
    const std::string shown = url.substr(url.rfind('@') + 1);  // what is before may be a password
    finding found{.about = "proxy", .text = shown + " answers"};
    try {
        check_proxy(url);
        const std::string trouble = co_await trouble_with_connecting(std::move(url));
        if (trouble.empty()) co_return found;
        found.text = shown + " cannot be reached: " + trouble;
        found.remedy = "check its address and that it runs";
    } catch (const usage_error& e) {
        found.text = e.what();
    }
    found.is = state::problem;
    co_return found;
}

// The options besides what is looked at by itself.
download_options without_cookies_and_proxies(download_options options)
{
    options.source.cookies.clear();
    options.source.proxies.clear();
    return options;
}

finding options_of(const download_options& all)
{
    download_options options = without_cookies_and_proxies(all);
    if (options.output.folder.empty()) options.output.folder = ".";
    const checked_options checked(std::move(options));
    return {.text = fmt::format("{} clips are cut at a time, {} connections", checked.asked.workers.jobs,
                                checked.asked.fetch.connections)};
}

finding room_of(const download_options& options, std::uint64_t clips)
{
    constexpr double bytes_of_a_clip = 1e6;  // about what ten seconds of 360p take
    const double needed = bytes_of_a_clip * static_cast<double>(clips);
    const double free = free_bytes(options.output.folder);
    finding found{.text = fmt::format("{:.1f} GB free for clips", free / 1e9)};
    if (clips > 0) found.text += fmt::format("; {} of about 1 MB each are left to do", clips);
    const double fetched = free_bytes(options.fetch.tmp_dir.empty() ? options.output.folder : options.fetch.tmp_dir);
    found.text += fmt::format("; {:.1f} GB for what is fetched", fetched / 1e9);
    constexpr double least = 256e6;
    if (free < least || fetched < least)
        found.is = state::problem;
    else if (free < needed || fetched < static_cast<double>(options.fetch.tmp_limit) / 4)
        found.is = state::warning;
    if (found.is != state::ok) found.remedy = "make room, or choose another --output or --tmp-dir";
    return found;
}

finding folder_of(const fs::path& path)
{
    const run_folder folder(path);  // nothing of it is kept
    return {.text = path.string() + " can be written, and has locks and a way to name files once"};
}

struct first_byte final : fetch::body_sink {
    std::uint64_t begin(const fetch::response_head& head) override { return head.body.begin; }
    void write(std::uint64_t, std::span<const std::byte>) override {}
};

// A server signs URLs, and lets them expire, by its own clock. Nothing if it does not tell the time.
asio::awaitable<std::optional<finding>> clock_beside(remote_file file)
{
    constexpr std::chrono::seconds tolerable{60};
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    fetch::http_client http(loop);
    const fetch::http_request request{.url = file.url,
                                      .headers = file.headers,
                                      .cookies = file.cookies,
                                      .proxy = file.proxy,
                                      .public_only = file.public_only,
                                      .range = {0, 1}};
    first_byte sink;
    const fetch::response_head head = co_await http.get(request, sink);
    if (!head.date) co_return std::nullopt;
    const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - *head.date);
    const std::string host = fetch::host_of(head.url);
    finding found{.about = "clock", .text = fmt::format("agrees with that of {}", host)};
    if (std::chrono::abs(ahead) <= tolerable) co_return found;
    found.is = state::warning;
    found.text =
        fmt::format("{} s {} that of {}", std::abs(ahead.count()), ahead.count() > 0 ? "ahead of" : "behind", host);
    found.remedy = "set this machine's clock: servers refuse signed requests, and URLs seem to expire at other times";
    co_return found;
}

// In front of the last '/' or '=' is what precedes the id.
asio::awaitable<findings> probe_of(source_options options, std::string url)
{
    finding found{.about = "probe"};
    std::optional<finding> clock;
    const std::size_t end = url.find_last_of("/=");
    std::string id = url.substr(end == url.npos ? 0 : end + 1);
    if (is_site(options)) options.url_base = url.substr(0, url.size() - id.size());
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    try {
        media_source source;
        if (is_site(options)) {
            locator finder(loop, options, true);
            co_await finder.start();
            resolved_video video = co_await finder.locate(std::move(id));
            source = std::move(video.source);
        } else {
            source.files.emplace_back(remote_file{.url = url});
        }
        const media_source asked = source;
        const inspection seen = co_await inspect(std::move(source), std::nullopt, fs::temp_directory_path());
        found.text =
            fmt::format("{} was found, a {} whose index takes {} bytes", url, seen.container, seen.index_bytes);
        const remote_file* const remote = asked.files.empty() ? nullptr : remote_part(asked.files.front());
        if (remote) clock = co_await clock_beside(*remote);
    } catch (const source_error& e) {
        found = {.is = state::problem, .about = "probe", .text = e.what(), .remedy = std::string(explain(e.why()))};
    } catch (const inspect_error& e) {
        found = {.is = state::problem, .about = "probe", .text = e.what(), .remedy = std::string(explain(e.why))};
    } catch (const std::exception& e) {
        found = {.is = state::problem, .about = "probe", .text = e.what(), .remedy = "check the URL"};
    }
    findings all{std::move(found)};
    if (clock) all.push_back(std::move(*clock));
    co_return all;
}

}  // namespace

asio::awaitable<std::vector<finding>> examine(download_options options, std::string probe)
{
    findings all;
    all.push_back({.about = "libraries", .text = library_versions()});
    add(all, "options", {}, [&] { return options_of(options); });
    const bool are_sound = all.back().is != state::problem;  // otherwise a plan says the same
    add(all, "sandbox", "use --isolate none, at the risk of what hostile videos do to a decoder", [] {
        try_sandbox();
        return finding{.text = "worker processes can be confined"};
    });
    if (is_site(options.source)) {
        findings of_site = co_await examine_yt_dlp(options.source, options.cut.audio != audio_choice::none);
        std::ranges::move(of_site, std::back_inserter(all));
    }
    if (!options.source.cookies.empty()) add(all, "cookies", {}, [&] { return cookies_of(options.source.cookies); });
    for (const std::string& proxy : options.source.proxies) {
        finding found = co_await proxy_of(proxy);
        all.push_back(std::move(found));
    }
    std::uint64_t clips_left = 0;
    if (are_sound && !options.wanted.lists.empty()) {
        add(all, "lists", {}, [&] {
            const download_plan counts = plan(without_cookies_and_proxies(options));
            clips_left = counts.clips_left;
            return finding{.text =
                               fmt::format("{} clips of {} videos are left", counts.clips_left, counts.videos_left)};
        });
    }
    if (!options.output.folder.empty()) {
        add(all, "folder", {}, [&] { return folder_of(options.output.folder); });
        add(all, "disk", "choose another --output", [&] { return room_of(options, clips_left); });
    }
    if (!probe.empty()) {
        findings of_video = co_await probe_of(options.source, std::move(probe));
        std::ranges::move(of_video, std::back_inserter(all));
    }
    co_return all;
}

}  // namespace reelpipe
