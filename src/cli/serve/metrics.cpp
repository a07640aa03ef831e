#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/serve/run_view.hpp"

namespace reelpipe::cli {

namespace {

// Appends metrics of a run, each with what it means.
class metrics_text {
public:
    void begin(std::string_view name, std::string_view type, std::string_view help)
    {
        name_ = name;
        text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
    }

    // Labels are written in braces, and their values need no escape.
    template <class Number> void value(Number number, std::string_view labels = {})
    {
        text_ += fmt::format("{}{} {}\n", name_, labels.empty() ? "" : fmt::format("{{{}}}", labels), number);
    }

    template <class Number>
    void only(std::string_view name, std::string_view type, std::string_view help, Number number)
    {
        begin(name, type, help);
        value(number);
    }

    std::string take() && { return std::move(text_); }

private:
    std::string name_{}, text_{};
};

template <class Use> void for_each_reason(Use use)
{
    for (int i = 0; i <= static_cast<int>(reason::unknown); ++i) use(static_cast<reason>(i));
}

std::uint64_t number_of(const std::map<reason, std::uint64_t>& counts, reason why)
{
    const auto found = counts.find(why);
    return found == counts.end() ? 0 : found->second;
}

void add_clips(metrics_text& text, const progress& p)
{
    text.only("reelpipe_clips_wanted", "gauge", "Clips that the lists of the run ask for.", p.clips);
    text.only("reelpipe_videos_wanted", "gauge", "Videos that these clips are cut from.", p.videos);
    text.begin("reelpipe_clips_total", "counter", "Clips that are done, by what became of them.");
    text.value(p.stored, R"(outcome="stored")");
    text.value(p.exists, R"(outcome="exists")");
    text.value(p.failed - p.failed_before, R"(outcome="failed")");
    text.value(p.failed_before, R"(outcome="failed_before")");
    text.only("reelpipe_clips_shorter_total", "counter", "Clips on disk that are shorter than asked for.", p.shorter);
    text.begin("reelpipe_clip_failures_total", "counter", "Clips that failed in this run, by reason.");
    for_each_reason([&](reason why) {
        text.value(number_of(p.failures, why) - number_of(p.failures_before, why),
                   fmt::format(R"(reason="{}",class="{}")", to_string(why), to_string(class_of(why))));
    });
    text.only("reelpipe_clips_under_way", "gauge", "Clips whose videos were begun, at most.", p.under_way);
    text.only("reelpipe_clips_cutting", "gauge", "Clips that are being cut.", p.cutting);
    text.only("reelpipe_jobs", "gauge", "Clips that are cut at a time, at most.", p.jobs);
    text.only("reelpipe_fetched_bytes_total", "counter", "Bytes that were received.", p.fetched);
}

void add_state(metrics_text& text, const run_view& view)
{
    const progress& p = view.minute.now().run;
    text.only("reelpipe_start_time_seconds", "gauge", "When the run started, in seconds since 1970.",
              std::chrono::duration<double>(view.started.time_since_epoch()).count());
    text.only("reelpipe_elapsed_seconds", "gauge", "How long the run has been at work.", p.elapsed_s);
    text.only("reelpipe_finishing", "gauge", "1 if the run finishes what is in flight and begins nothing.",
              p.draining ? 1 : 0);
    text.begin("reelpipe_held_up", "gauge", "1 for the trouble that has to pass before another video is asked for.");
    for_each_reason([&](reason why) {
        if (class_of(why) == reason_class::global || p.held_up_by == why)
            text.value(p.held_up_by == why ? 1 : 0, fmt::format(R"(reason="{}")", to_string(why)));
    });
    if (!view.disk) return;
    text.only("reelpipe_output_free_bytes", "gauge", "Free space where the output folder is.", view.disk->available);
    text.only("reelpipe_output_size_bytes", "gauge", "Size of the file system of the output folder.",
              view.disk->capacity);
}

void add_stages(metrics_text& text, const std::vector<stage_stats>& stages)
{
    const auto add = [&](std::string_view name, std::string_view type, std::string_view help, auto member) {
        text.begin(name, type, help);
        for (const stage_stats& each : stages)
            text.value(std::invoke(member, each), fmt::format(R"(stage="{}")", each.name));
    };
    add("reelpipe_stage_attempts_total", "counter", "Attempts of a stage that were begun.", &stage_stats::in);
    add("reelpipe_stage_done_total", "counter", "Items that a stage has passed on.", &stage_stats::out);
    add("reelpipe_stage_failed_total", "counter", "Items that a stage has given up.", &stage_stats::failed);
    add("reelpipe_stage_retried_total", "counter", "Attempts of a stage that are made again.", &stage_stats::retried);
    add("reelpipe_stage_busy_seconds_total", "counter", "Time at work, summed over the workers of a stage.",
        &stage_stats::busy_s);
    add("reelpipe_stage_idle_seconds_total", "counter", "Time without an item, summed over the workers of a stage.",
        &stage_stats::starved_s);
    add("reelpipe_stage_blocked_seconds_total", "counter",
        "Time without room in the next queue, summed over the workers of a stage.", &stage_stats::blocked_s);
    add("reelpipe_stage_workers", "gauge", "Workers of a stage.", &stage_stats::workers);
    add("reelpipe_stage_queued", "gauge", "Items that wait in front of a stage.", &stage_stats::queued);
    add("reelpipe_stage_queue_limit", "gauge", "Items that can wait in front of a stage.", &stage_stats::queue);
}

}  // namespace

std::string metrics_of(const run_view& view)
{
    metrics_text text;
    add_clips(text, view.minute.now().run);
    add_state(text, view);
    add_stages(text, view.minute.now().stages);
    return std::move(text).take();
}

}  // namespace reelpipe::cli
