#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "batch/made_plan.hpp"
#include "batch/plan_folder.hpp"
#include "batch/shaping.hpp"
#include "ledger/database.hpp"
#include "ledger/ledger.hpp"
#include "ledger/work_list.hpp"
#include "pipeline/checked_options.hpp"
#include "pipeline/list_intake.hpp"
#include "pipeline/run_measures.hpp"
#include "reelpipe/batch.hpp"
#include "site/locator.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

// What of two plans is not the same, for the user.
std::string difference(const batch_plan& there, const batch_plan& wanted)
{
    std::vector<std::string> all = differences_of(there.options, wanted.options);
    for (const auto& [name, hash] : wanted.lists)
        if (const auto before = there.lists.find(name); before == there.lists.end())
            all.push_back(fmt::format("{} was not one of its lists", name));
        else if (before->second != hash)
            all.push_back(fmt::format("{} has changed", name));
    for (const auto& [name, hash] : there.lists)
        if (!wanted.lists.contains(name)) all.push_back(fmt::format("{} was one of its lists", name));
    if (there.clips != wanted.clips)
        all.push_back(fmt::format("it had {} clips and has {}", there.clips, wanted.clips));
    if (there.shard_clips != wanted.shard_clips)
        all.push_back(fmt::format("--shard-clips was {} and is now {}", there.shard_clips, wanted.shard_clips));
    if (all.empty()) all.emplace_back("its rows are others");
    return fmt::format("{}", fmt::join(all, ", "));
}

void check_root(const plan_folder& place)
{
    if (fs::exists(place.plan_file())) return;
    if (fs::exists(place.output() / ".reelpipe" / "ledger.sqlite"))
        throw usage_error(
            fmt::format("{} is a folder of `reelpipe download`; name another one", place.output().string()));
    if (fs::exists(fs::symlink_status(place.path())))
        throw usage_error(
            fmt::format("{} is there, and is no plan; move it away, or name another folder", place.path().string()));
}

void check(const batch_plan_options& options)
{
    if (options.run.output.folder.empty()) throw usage_error("no folder was given for the clips");
    if (options.shard_clips == 0 || options.max_tasks == 0) throw usage_error("shards and tasks must not be empty");
    if (options.run.wanted.shards > 1) throw usage_error("--shard divides a list that a plan divides; leave it out");
}

batch_plan_summary made(const batch_plan_options& options, const plan_folder& place)
{
    const checked_options checked(options.run);
    database db(fs::path(":memory:"));
    const ledger with_tables(db);
    work_list wanted(db, fs::temp_directory_path());
    batch_plan_summary s;
    s.bad_rows = read_lists(options.run.wanted, is_youtube(options.run.source), options.run.events, wanted,
                            {place.output(), {place.path(), place.output() / "clips.jsonl"}});
    const work_list::size size = wanted.seal();
    if (size.clips == 0) throw usage_error("no row of the lists is wanted: there is nothing to plan");
    s.rows = size.rows;
    s.duplicates = size.rows - size.clips;
    s.plan = {.clips = size.clips,
              .videos = size.videos,
              .max_tasks = options.max_tasks,
              .one_address = options.one_address,
              .hashes = options.hashes,
              .transient_percent = options.transient_percent,
              .options = shaping_values(checked.asked)};
    for (const list_record& each : hashed_lists(options.run.wanted)) s.plan.lists[each.name] = each.sha256;
    divide(s.plan, options.shard_clips, options.task_clips);

    const auto visit = [&wanted](const std::function<void(const clip_request&)>& take) {
        for (std::vector<wanted_clip> page = wanted.after(nullptr, work_list::page_size); !page.empty();) {
            for (const wanted_clip& each : page) take(each.clip);
            const wanted_clip last = std::move(page.back());
            page = wanted.after(&last, work_list::page_size);
        }
    };
    made_plan plan(place, s.plan, visit);
    if (plan.place(options.options_file)) return s;
    const batch_plan there = place.read();
    if (there.id != s.plan.id)
        throw usage_error(fmt::format("{} has another plan: {}; use the same lists and options, or another folder",
                                      place.output().string(), difference(there, s.plan)));
    if (there.shards_per_task != s.plan.shards_per_task && options.run.events.on_message)
        options.run.events.on_message(
            severity::warning,
            fmt::format("a task has {} shards now, and had {}: jobs that are submitted already would work on other "
                        "shards than they were made for; submit them again",
                        s.plan.shards_per_task, there.shards_per_task));
    write_plan_texts(place.path(), s.plan, options.options_file);
    s.was_there = true;
    return s;
}

}  // namespace

batch_plan_summary make_batch_plan(const batch_plan_options& options)
try {
    check(options);
    const plan_folder place({.root = options.run.output.folder});
    fs::create_directories(place.output());
    check_root(place);
    return made(options, place);
} catch (const database_error& e) {
    throw usage_error(e.what());
} catch (const std::system_error& e) {
    throw usage_error(e.what());
}

batch_plan read_batch_plan(const batch_place& place) { return plan_folder(place).read(); }

fs::path batch_options_file(const batch_place& place) { return plan_folder(place).options_file(); }

std::vector<std::uint32_t> tasks_of(const batch_plan& plan, const std::vector<std::uint32_t>& shards)
{
    std::vector<std::uint32_t> tasks;
    for (const std::uint32_t shard : shards)
        if (const std::uint32_t task = shard / plan.shards_per_task; tasks.empty() || tasks.back() != task)
            tasks.push_back(task);
    return tasks;
}

}  // namespace reelpipe
