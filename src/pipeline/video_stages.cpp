#include "pipeline/video_stages.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "site/source_times.hpp"
#include "stages/fetch/errors.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe {

namespace {

std::vector<segment> segments_of(const video_job& video)
{
    std::vector<segment> all;
    for (const clip_task& task : video.clips) all.push_back(task.clip.wanted);
    return all;
}

// A URL that has served its time answers like this, and so does one whose video has gone.
bool may_have_expired(int status) { return status == 403 || status == 404 || status == 410; }

// Nobody knows until when its pieces can be had.
bool has_yt_dlp_file(const media_source& source)
{
    return std::ranges::any_of(source.files,
                               [](const media_file& file) { return std::holds_alternative<yt_dlp_file>(file); });
}

source_error run_is_ending() { return {reason::interrupted, "the run is ending"}; }

}  // namespace

asio::awaitable<std::optional<video_ptr>> video_stages::resolve(video_ptr video)
{
    if (!enter_existing(*video)) co_return std::nullopt;
    ++video->resolve_attempts;
    const auto start = std::chrono::steady_clock::now();
    std::exception_ptr error;
    try {
        if (policy_.has_stopped() || is_late(video->resolve_attempts)) throw run_is_ending();
        co_await find_source(*video);
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    video->resolve_s += seconds_since(start);
    if (error) throw job_failed(video, error);
    co_return video;
}

// Enters the clips that exist already, and says whether others are left.
bool video_stages::enter_existing(video_job& video)
{
    for (clip_task& task : video.clips) {
        task.for_each_name([this](clip_task& name) {
            if (!name.note.empty()) outcomes_.say(severity::warning, std::exchange(name.note, {}));
            if (!name.found) return;
            // It was looked at for its frame index alone, and the ledger knows more of it than the file tells.
            if (name.stored && name.stored->file == name.found->file)
                outcomes_.settled_before({.row = name.row, .clip = name.clip, .before = name.stored});
            else
                outcomes_.exists(name.clip, name.row, *name.found);
        });
    }
    std::erase_if(video.clips, [](const clip_task& task) { return task.found.has_value(); });
    video.unsettled = video.clips.size();
    if (video.clips.empty()) kept_.forget(video.id);
    return !video.clips.empty();
}

asio::awaitable<void> video_stages::find_source(video_job& video)
{
    if (video.source_failure) std::rethrow_exception(video.source_failure);
    if (!video.source.files.empty() && !video.held.files.empty()) co_return;  // it came with the video
    std::optional<media_source> kept;
    if (engine_.source.has_expiring_urls()) kept = kept_.find(video.id);
    if (kept)
        video.source = std::move(*kept);
    else
        co_await locate(video);
}

asio::awaitable<void> video_stages::locate(video_job& video)
{
    const trace::span traced(trace_, trace::kind::resolver, "resolve", video.id);
    resolved_video found = co_await engine_.source.locate(video.id);
    video.source = std::move(found.source);
    constexpr std::size_t longest = 2000;  // of warnings, which are about the same for each video of a site
    if (!found.metadata.empty() || !found.warnings.empty())
        outcomes_.described({video.id, std::move(found.metadata),
                             fmt::format("{}", fmt::join(found.warnings, "\n")).substr(0, longest)});
    policy_.resolved(video.id);
    if (engine_.source.has_expiring_urls()) kept_.keep(video.id, video.source);
}

asio::awaitable<video_ptr> video_stages::fetch(video_ptr video, std::stop_token stop)
{
    const std::stop_callback also_plans(stop, [this] { engine_.planning_stop.request_stop(); });
    const trace::span traced(trace_, trace::kind::transfer, "fetch", video->id);
    ++video->fetch_attempts;
    const auto start = std::chrono::steady_clock::now();
    std::exception_ptr error;
    try {
        if (is_late(video->fetch_attempts)) throw run_is_ending();
        co_await fetch_missing(*video);
    } catch (const fetch::postponed_error&) {
        --video->fetch_attempts;  // nobody was asked
        error = std::current_exception();
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    video->fetch_s += seconds_since(start);
    counts_.fetched = engine_.received();
    if (error) throw job_failed(video, error);
    for (const media_file& file : video->source.files) {
        const remote_file* const part = remote_part(file);
        if (!part) continue;
        policy_.served(fetch::host_of(part->url), video->id);
    }
    policy_.refusals().served_at_last(*video);
    enter_fetched(*video);
    co_return video;
}

// Of a video in two files, the host of the first one stands for both.
void video_stages::enter_fetched(const video_job& video)
{
    const remote_file* const first = video.source.files.empty() ? nullptr : remote_part(video.source.files.front());
    if (first) outcomes_.fetched({fetch::host_of(first->url), video.held.counts.bytes, video.fetch_s});
}

asio::awaitable<void> video_stages::fetch_missing(video_job& video)
{
    const bool may_expire = engine_.source.has_expiring_urls();
    const auto now = std::chrono::system_clock::now();
    const bool may_have_failed_by_age = video.fetch_attempts > 1 && has_yt_dlp_file(video.source);
    if (may_expire && (may_have_failed_by_age || has_expired(video.source, now))) co_await locate(video);
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer until_served(loop, wait_for(video.source, now));
    co_await until_served.async_wait(asio::use_awaitable);

    std::exception_ptr error;
    try {
        co_await fetch_located(video);
    } catch (const fetch::http_error& e) {
        if (!may_expire || !may_have_expired(e.status)) throw;
        error = std::current_exception();
    }
    if (!error) co_return;

    co_await locate(video);
    co_await fetch_located(video);
}

asio::awaitable<void> video_stages::fetch_located(video_job& video)
{
    if (engine_.downloads) co_await engine_.downloads->bring(video.held, video.source);
    video.fetched = co_await engine_.fetcher.fetch(video.held, video.source, segments_of(video));
}

asio::awaitable<void> video_stages::settle_doubts(std::string reference, std::size_t in_a_row)
{
    for (const host_refusals::doubt& each : policy_.refusals().doubts(in_a_row)) {
        const std::string video = each.video.empty() ? reference : each.video;
        if (video.empty()) continue;
        try {
            const resolved_video found = co_await engine_.source.locate(video);
            if (each.host == site_itself) {
                policy_.resolved(video);
                continue;
            }
            const media_source& source = found.source;
            const remote_file* const part = source.files.empty() ? nullptr : remote_part(source.files.front());
            if (!part || fetch::host_of(part->url) != each.host) continue;
            const std::vector<segment> first_second{{{}, std::chrono::seconds(1)}};
            co_await engine_.fetcher.fetch(source, first_second);
        } catch (const std::exception&) {
            continue;  // no proof
        }
        policy_.served(each.host, video);
    }
}

asio::awaitable<void> video_stages::split(video_ptr video, out<clip_job> next)
{
    for (std::size_t i = 0; i < video->clips.size(); ++i) {
        clip_job job(video, i);
        co_await next.send(std::move(job));
    }
}

}  // namespace reelpipe
