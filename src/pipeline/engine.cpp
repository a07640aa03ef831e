#include "pipeline/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reelpipe/pipeline.hpp"

namespace reelpipe {

namespace {

// Planning takes milliseconds. A planner that takes a minute is killed, because other videos wait behind it.
constexpr std::chrono::seconds max_planning{60};

std::optional<clip_workers> workers_for(const worker_options& options, std::chrono::seconds deadline)
{
    if (options.program.empty()) return std::nullopt;
    return std::optional<clip_workers>(std::in_place, options.program, deadline);
}

// Some hosts refuse whoever does not say what it is.
std::string user_agent_of(const fetch_options& options)
{
    if (!options.user_agent.empty()) return options.user_agent;
    return fmt::format("reelpipe/{}.{}.{}", REELPIPE_VERSION / 10000, REELPIPE_VERSION / 100 % 100,
                       REELPIPE_VERSION % 100);
}

std::optional<fetch::bucket_keys> keys_for(const source_options& options)
{
    const std::string root = signed_root(options);
    if (root.empty()) return std::nullopt;
    const s3_access& access = options.s3;
    return fetch::bucket_keys{root, access.access_key, access.secret_key, access.session_token, access.region};
}

std::function<void(const std::string&, const std::string&)> teller_of_private_hosts(const run_events& events)
{
    if (!events.on_message) return {};
    return [say = events.on_message](const std::string& host, const std::string& address) {
        say(severity::note,
            fmt::format("{} ({}) is not a public address; it is asked because of --allow-private", host, address));
    };
}

fetch::http_options http_options_for(const download_options& options)
{
    const fetch::http_options usual;
    return {.connections = options.fetch.connections,
            .connections_per_host = options.fetch.connections_per_host,
            .connect_timeout = std::min(usual.connect_timeout, std::chrono::milliseconds(options.fetch.timeout)),
            .stall_time = options.fetch.timeout,
            .rate_limit = options.fetch.rate_limit,
            .allow_private = options.fetch.allow_private,
            .on_private_host = teller_of_private_hosts(options.events),
            .ipv4_only = is_site(options.source),  // as yt-dlp is told to ask
            .user_agent = user_agent_of(options.fetch),
            .bucket = keys_for(options.source)};
}

std::shared_ptr<fetch::disk_budget> budget_for(const asio::any_io_executor& loop, const fetch_options& options)
{
    return options.tmp_limit == 0 ? nullptr : std::make_shared<fetch::disk_budget>(loop, options.tmp_limit);
}

// The cost of a host that ignores ranges, for the user.
std::function<void(const std::string&, std::uint64_t, std::uint64_t)> teller_of_whole_videos(const run_events& events)
{
    if (!events.on_message) return {};
    return [say = events.on_message](const std::string& host, std::uint64_t came, std::uint64_t needed) {
        constexpr double mb = 1e6;
        say(severity::warning,
            fmt::format(
                "{} ignores ranges: each video is fetched from its start to the end of its last clip ({:.1f} MB "
                "of the first one, where {:.1f} MB would do)",
                host, static_cast<double>(came) / mb, static_cast<double>(needed) / mb));
    };
}

}  // namespace

engine::engine(const asio::any_io_executor& loop, const asio::any_io_executor& planners,
               const download_options& options, std::filesystem::path temporary_folder, wait_hooks hooks,
               const std::string& reference)
    : cutting_workers(workers_for(options.workers, options.workers.timeout)),
      planning_workers(workers_for(options.workers, std::min(options.workers.timeout, max_planning))),
      temporary(std::move(temporary_folder)),
      budget(budget_for(loop, options.fetch)),
      source(loop, options.source, options.cut.audio != audio_choice::none, std::move(hooks), reference),
      http(loop, http_options_for(options)),
      fetcher(http, planners,
              {.folder = temporary,
               .requests_per_second = options.fetch.requests_per_second,
               .budget = budget,
               .max_height = options.source.max_height,
               .looks = media_probe(),
               .on_whole_videos = teller_of_whole_videos(options.events)})
{
    if (options.source.fallback == fallback_choice::yt_dlp)
        downloads.emplace(loop, options.source, options.fetch, temporary, budget);
}

fetch::media_probe engine::media_probe()
{
    fetch::media_probe probe;
    if (!planning_workers) return probe;
    probe.plan = [this](const media::partial_file& file, const std::vector<segment>& wanted,
                        media::stream_selection kind) {
        return planning_workers->plan(file, wanted, kind, planning_stop.get_token());
    };
    probe.run = [this](const media::partial_file& view, const std::optional<fetch::playlist_clock>& clock,
                       const segment& wanted, media::stream_selection kind) {
        return planning_workers->probe_segment_run(view, clock, wanted, kind, planning_stop.get_token());
    };
    return probe;
}

}  // namespace reelpipe
