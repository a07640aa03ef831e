#include "cli/batch/batch_status_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "cli/batch/batch_run_command.hpp"
#include "cli/batch/task_index.hpp"
#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/panel.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;

constexpr std::chrono::seconds watch_interval{10};

std::string status_text(const batch_status& s)
{
    std::string text = fmt::format("shards    {} of {} done, {} missing\n", s.done(), s.plan.shards,
                                   s.missing.size() + s.damaged.size());
    text += fmt::format("clips     {} stored, {} failed, {} of these for the time being, of {}\n", s.stored, s.failed,
                        s.transient, s.plan.clips);
    std::vector<std::pair<std::uint64_t, reason>> failures;
    for (const auto& [why, count] : s.failures) failures.emplace_back(count, why);
    std::ranges::sort(failures, std::greater());
    for (const auto& [count, why] : failures) text += fmt::format("  {:<18}{:>10}\n", to_string(why), count);
    for (const batch_worker& each : s.workers)
        text += fmt::format("task on {:<16} {} left, {} of {} clips{}\n", each.host, counted(each.shards, "shard"),
                            each.clips_done, each.clips,
                            each.is_silent ? fmt::format(", silent for {}", duration_text(each.silent_s)) : "");
    if (!s.damaged.empty())
        text += fmt::format("manifests that cannot be read, of the shards {}; move them away\n", in_ranges(s.damaged));
    if (s.clips_per_hour) text += fmt::format("rate      {:.0f} clips an hour\n", *s.clips_per_hour);
    if (s.left_s) text += fmt::format("left      {}\n", duration_text(*s.left_s));
    return text;
}

std::string status_json(const batch_status& s)
{
    ordered_json failures = ordered_json::object(), workers = ordered_json::array();
    for (const auto& [why, count] : s.failures) failures[std::string(to_string(why))] = count;
    for (const batch_worker& each : s.workers)
        workers.push_back({{"attempt", each.attempt},
                           {"host", each.host},
                           {"shards_left", each.shards},
                           {"clips_done", each.clips_done},
                           {"clips", each.clips},
                           {"elapsed_s", each.elapsed_s},
                           {"silent_s", each.silent_s},
                           {"silent", each.is_silent}});
    const auto or_null = [](const std::optional<double>& value) {
        return value ? ordered_json(*value) : ordered_json();
    };
    const ordered_json all{{"plan", s.plan.id},
                           {"shards", s.plan.shards},
                           {"shards_done", s.done()},
                           {"shards_missing", s.missing},
                           {"shards_damaged", s.damaged},
                           {"tasks", s.plan.tasks()},
                           {"clips", s.plan.clips},
                           {"stored", s.stored},
                           {"failed", s.failed},
                           {"transient", s.transient},
                           {"bytes", s.bytes},
                           {"failures", failures},
                           {"workers", workers},
                           {"clips_per_hour", or_null(s.clips_per_hour)},
                           {"left_s", or_null(s.left_s)}};
    return all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

bool is_done(const batch_status& s) { return s.missing.empty() && s.damaged.empty(); }

}  // namespace

CLI::App* add_status_command(CLI::App& batch, batch_place& place, bool& json, bool& watch)
{
    CLI::App* const command = batch.add_subcommand("status", "Say what exists of a plan, and who works on it");
    command->footer(
        "Reads the manifests and the signs of life of tasks in ROOT, and asks no scheduler.\n"
        "Exit status: 0 each shard is finished; 1 some are not; 2 wrong usage.");
    add_place(*command, place);
    command->add_flag("--json", json, "as a JSON object");
    command->add_flag("--watch", watch, "again every 10 s, until each shard is finished");
    return command;
}

int run_status_command(const batch_place& place, bool json, bool watch)
{
    for (;;) {
        const batch_status s = status_of_batch(place);
        print(stdout, json ? status_json(s) : status_text(s));
        std::fflush(stdout);
        if (is_done(s)) return exit_status::all_stored;
        if (!watch) return exit_status::some_failed;
        std::this_thread::sleep_for(watch_interval);
        if (!json) print(stdout, "\n");
    }
}

CLI::App* add_missing_command(CLI::App& batch, batch_place& place, std::string& format)
{
    CLI::App* const command = batch.add_subcommand("missing", "Name what is not finished of a plan");
    command->footer(
        "From what is in ROOT, not from what a scheduler says of its jobs.\n\n"
        "  list   shards, for `reelpipe batch run --shard`\n"
        "  slurm  tasks, for `sbatch --array`\n"
        "  k8s    tasks, as completedIndexes of a Job has them\n\n"
        "Exit status: 0 nothing is missing; 1 something is; 2 wrong usage.");
    add_place(*command, place);
    add_choice<std::string>(*command, "--format", format, {{"list", "list"}, {"slurm", "slurm"}, {"k8s", "k8s"}},
                            "what is named");
    return command;
}

int run_missing_command(const batch_place& place, const std::string& format)
{
    const batch_status s = status_of_batch(place);
    std::vector<std::uint32_t> shards = s.missing;
    shards.insert(shards.end(), s.damaged.begin(), s.damaged.end());
    std::ranges::sort(shards);
    if (shards.empty()) return exit_status::all_stored;
    print(stdout, in_ranges(format == "list" ? shards : tasks_of(s.plan, shards)) + "\n");
    return exit_status::some_failed;
}

}  // namespace reelpipe::cli
