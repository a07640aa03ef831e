#include <fmt/format.h>

#include <set>
#include <utility>

#include "batch/made_plan.hpp"
#include "batch/plan_parts.hpp"
#include "pipeline/checked_options.hpp"
#include "reelpipe/batch.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t max_options_bytes = 1 << 20;

std::set<reason> reasons_of(const std::vector<std::string>& words)
{
    download_options named;
    named.wanted.retry = words;
    return checked_options(named).retry;
}

// The clips that failed, by the last part that asked for them, and that are to be asked for again. A set has them in
// the order of a plan.
std::set<clip_request> failed_clips(const std::vector<plan_part>& parts, const std::set<reason>& again)
{
    std::set<clip_request> failed;
    const auto enter = [&](const shard_head&, const shard_clip& clip) {
        const clip_outcome& o = clip.outcome;
        const bool is_failed = o.how == clip_outcome::status::failed;
        if (is_failed && (is_transient(o) || again.contains(o.why.value_or(reason::unknown))))
            failed.insert(o.clip);
        else
            failed.erase(o.clip);
    };
    for (const plan_part& part : parts) {
        if (const auto missing = missing_shards(part); !missing.empty())
            throw usage_error(fmt::format("{} has {} shards without a manifest; finish it first",
                                          part.place.path().string(), missing.size()));
        for (std::uint32_t shard = 0; shard < part.plan.shards; ++shard) visit_manifest(part, shard, enter);
    }
    return failed;
}

std::uint64_t videos_in(const std::set<clip_request>& clips)
{
    std::uint64_t videos = 0;
    const std::string* last = nullptr;
    for (const clip_request& each : clips) {
        videos += !last || *last != each.video;
        last = &each.video;
    }
    return videos;
}

}  // namespace

batch_repair_summary repair_batch(const batch_repair_options& options)
try {
    const std::vector<plan_part> parts = parts_of(options.root);
    const std::set<clip_request> clips = failed_clips(parts, reasons_of(options.retry));
    if (clips.empty()) return {};
    const auto number = static_cast<unsigned>(parts.size());
    const plan_folder place({.root = options.root, .repair = number});
    batch_plan plan = parts.front().plan;
    plan.parent = parts.back().plan.id;
    plan.clips = clips.size();
    plan.videos = videos_in(clips);
    const std::uint64_t task_clips = plan.shard_clips * plan.shards_per_task;
    plan.transient_percent = 100;  // what fails again is left to the next repair
    divide(plan, plan.shard_clips, task_clips);
    made_plan repair(place, plan, [&clips](const std::function<void(const clip_request&)>& take) {
        for (const clip_request& each : clips) take(each);
    });
    if (!repair.place(small_file(parts.front().place.options_file(), max_options_bytes)))
        throw usage_error(fmt::format("{} has been made meanwhile", place.path().string()));
    return {.number = number, .plan = std::move(plan)};
} catch (const std::system_error& e) {
    throw usage_error(e.what());
}

}  // namespace reelpipe
