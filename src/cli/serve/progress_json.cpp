#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/json_log.hpp"
#include "cli/printing.hpp"
#include "cli/serve/run_view.hpp"

namespace reelpipe::cli {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_bytes = 400;  // of a message

std::string utc(std::chrono::system_clock::time_point at)
{
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

double in_thousandths(double value) { return std::round(value * 1e3) / 1e3; }

const char* state_of(const run_view& view)
{
    const progress& p = view.minute.now().run;
    if (view.has_ended) return "ended";
    if (p.draining) return "finishing";
    return p.held_up_by ? "waiting" : "running";
}

ordered_json to_json(reason why)
{
    return {{"reason", to_string(why)}, {"class", to_string(class_of(why))}, {"meaning", explain(why)}};
}

ordered_json failures_of(const progress& p)
{
    std::vector<std::pair<reason, std::uint64_t>> all(p.failures.begin(), p.failures.end());
    std::ranges::sort(all, {},
                      [](const auto& each) { return std::pair(-static_cast<std::int64_t>(each.second), each.first); });
    ordered_json failures = ordered_json::array();
    for (const auto& [why, count] : all) {
        failures.push_back(to_json(why));
        failures.back()["count"] = count;
    }
    return failures;
}

ordered_json stages_of(const last_minute& minute)
{
    ordered_json stages = ordered_json::array();
    for (std::size_t i = 0; i < minute.now().stages.size(); ++i) {
        const stage_stats& s = minute.now().stages[i];
        stages.push_back({{"name", s.name},
                          {"workers", s.workers},
                          {"busy", in_thousandths(minute.busy(i))},
                          {"queued", s.queued},
                          {"queue", s.queue},
                          {"in", s.in},
                          {"out", s.out},
                          {"failed", s.failed},
                          {"retried", s.retried},
                          {"busy_s", in_thousandths(s.busy_s)},
                          {"idle_s", in_thousandths(s.starved_s)},
                          {"blocked_s", in_thousandths(s.blocked_s)}});
    }
    return stages;
}

ordered_json messages_of(const run_view& view)
{
    ordered_json messages = ordered_json::array();
    for (const timed_message& each : view.messages)
        messages.push_back({{"time", utc(each.at)},
                            {"severity", severity_word(each.what.how)},
                            {"text", in_one_line(each.what.text, most_bytes)}});
    return messages;
}

// Seconds for what is left, by the speed of the last minute and by the quota of the site; null: nobody knows.
void add_time_left(ordered_json& to, const last_minute& minute)
{
    const progress& p = minute.now().run;
    const std::uint64_t left = p.clips - std::min(p.clips, p.stored + p.exists + p.failed);
    const double rate = minute.clips_per_second();
    to["left"] = left;
    to["left_s"] = rate > 0 ? ordered_json(std::round(static_cast<double>(left) / rate)) : ordered_json();
    to["left_by_quota_s"] = nullptr;
    if (p.resolves_per_hour > 0 && p.clips > 0)
        to["left_by_quota_s"] = std::round(static_cast<double>(p.videos) * static_cast<double>(left) /
                                           static_cast<double>(p.clips) / p.resolves_per_hour * 3600);
}

}  // namespace

ordered_json progress_of(const run_view& view)
{
    const progress& p = view.minute.now().run;
    const stage_stats* const slowest = bottleneck(view.minute.now().stages);
    ordered_json all{{"state", state_of(view)},
                     {"started", utc(view.started)},
                     {"elapsed_s", in_thousandths(p.elapsed_s)},
                     {"clips", p.clips},
                     {"videos", p.videos},
                     {"stored", p.stored},
                     {"exists", p.exists},
                     {"shorter", p.shorter},
                     {"failed", p.failed},
                     {"failed_before", p.failed_before},
                     {"fetched", p.fetched},
                     {"clips_per_s", in_thousandths(view.minute.clips_per_second())},
                     {"bytes_per_s", in_thousandths(view.minute.bytes_per_second())},
                     {"under_way", p.under_way},
                     {"cutting", p.cutting},
                     {"jobs", p.jobs},
                     {"resolves_per_hour", p.resolves_per_hour}};
    add_time_left(all, view.minute);
    all["held_up_by"] = p.held_up_by ? to_json(*p.held_up_by) : ordered_json();
    all["bottleneck"] = slowest ? ordered_json(slowest->name) : ordered_json();
    all["disk"] =
        view.disk ? ordered_json{{"free", view.disk->available}, {"size", view.disk->capacity}} : ordered_json();
    all["failures"] = failures_of(p);
    all["stages"] = stages_of(view.minute);
    all["messages"] = messages_of(view);
    return all;
}

}  // namespace reelpipe::cli
