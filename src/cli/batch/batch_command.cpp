#include "cli/batch/batch_command.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <exception>
#include <utility>

#include "cli/batch/batch_status_command.hpp"
#include "cli/choice.hpp"
#include "cli/config_file.hpp"
#include "cli/counted.hpp"
#include "cli/download_options.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

void add_plan_options(CLI::App& command, batch_plan_options& o)
{
    constexpr const char* group = "Plan";
    command.add_option("--shard-clips", o.shard_clips, "about so many clips a shard, which is finished as a whole")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command.add_option("--task-clips", o.task_clips, "about so many clips a task, which a scheduler starts")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command.add_option("--max-tasks", o.max_tasks, "at most so many tasks at a time")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command
        .add_flag("--one-address", o.one_address,
                  "sites see all machines under one address: --resolve-rate is divided by --max-tasks. Otherwise each "
                  "machine has its own, and its tasks share the rate")
        ->group(group);
    command
        .add_option("--max-transient", o.transient_percent,
                    "a shard is finished if at most so many percent of its clips failed for the time being")
        ->check(CLI::Range(0, 100))
        ->capture_default_str()
        ->option_text("PERCENT")
        ->group(group);
    command.add_flag("--hashes", o.hashes, "manifests have the SHA-256 of each clip, for which each is read once more")
        ->group(group);
}

// Of the options so far, none goes into the file for tasks: the plan has their effect already.
void keep_out_of_file(CLI::App& command)
{
    for (CLI::Option* const each : command.get_options([](CLI::Option*) { return true; })) each->configurable(false);
}

CLI::App* add_plan_command(CLI::App& batch, batch_arguments& arguments)
{
    download_options& o = arguments.planned.run;
    CLI::App* const command = batch.add_subcommand("plan", "Divide lists among tasks on many machines");
    command->footer(
        "Writes ROOT/plan, which says what there is to be in ROOT. ROOT is a folder that\n"
        "all machines see. All clips of a video are in one shard. The options are kept\n"
        "for the tasks; names of files among them must hold on every machine.\n\n"
        "The same lists and options give the same plan; another plan in ROOT is refused.\n"
        "Exit status: 0 there is a plan; 2 wrong usage, or another plan is there.");
    add_lists(*command, o.wanted.lists)->required(false);  // or a manifest
    command->add_option("-o,--output", o.output.folder, "folder for plan and clips")->required()->option_text("ROOT");
    add_wanted_options(*command, o.wanted);
    add_plan_options(*command, arguments.plan);
    keep_out_of_file(*command);
    add_source_options(*command, o.source);
    add_fetch_options(*command, o.fetch);
    add_cut_options(*command, o.cut);
    add_worker_options(*command, o.workers, arguments.planned.isolate);
    add_output_options(*command, o.output);
    for (const char* const of_one_run : {"--shard", "--retry", "--report", "--trace", "--mixed"})
        command->remove_option(command->get_option(of_one_run));
    return command;
}

int run_plan_command(const CLI::App& command, const batch_arguments& arguments)
{
    terminal screen(progress_style::none, severity::note);
    batch_plan_options options = arguments.plan;
    options.run = arguments.planned.run;
    options.run.events.on_message = [&screen](severity how, const std::string& line) { screen.message(how, line); };
    options.options_file = config_text(command);
    const batch_plan_summary s = make_batch_plan(options);
    const auto line = [](const char* name, auto value) { print(stdout, fmt::format("{}\t{}\n", name, value)); };
    line("plan", s.plan.id);
    line("rows", s.rows);
    line("rows that cannot be read", s.bad_rows);
    line("duplicates", s.duplicates);
    line("clips", s.plan.clips);
    line("videos", s.plan.videos);
    line("shards", s.plan.shards);
    line("tasks", s.plan.tasks());
    if (s.was_there) screen.message(severity::note, "this plan was there already");
    return exit_status::all_stored;
}

CLI::App* add_merge_command(CLI::App& batch, batch_merge_options& options)
{
    CLI::App* const command = batch.add_subcommand("merge", "Make one folder of what the tasks have finished");
    command->footer(
        "Reads the manifests, and writes what `reelpipe download` leaves in a folder: the\n"
        "ledger, download_report.json and dataset.json; and clips.jsonl, a manifest as\n"
        "`reelpipe diff` takes it. Then report, verify and export work on ROOT. The same\n"
        "manifests give the same files.\n"
        "Exit status: 0 all clips are stored; 1 some failed, or are left out; 2 wrong\n"
        "usage, or shards are not finished.");
    command->add_option("ROOT", options.root, "folder of a plan")->required();
    command->add_flag("--partial", options.partial, "leave out the shards that are not finished");
    return command;
}

int run_merge_command(const batch_merge_options& options)
{
    const batch_merge_summary s = merge_batch(options);
    std::string text = fmt::format("{} stored, {} failed", counted(s.stored, "clip"), s.failed);
    if (s.transient > 0) text += fmt::format(", {} of these for the time being", s.transient);
    if (s.repaired > 0) text += fmt::format("; {} stored by repairs", s.repaired);
    if (s.missing_shards > 0)
        text +=
            fmt::format("; {} left out with {}", counted(s.missing_shards, "shard"), counted(s.missing_clips, "clip"));
    print(stdout, text + "\n");
    return s.failed + s.missing_shards > 0 ? exit_status::some_failed : exit_status::all_stored;
}

CLI::App* add_repair_command(CLI::App& batch, batch_repair_options& options)
{
    CLI::App* const command = batch.add_subcommand("repair", "Plan the clips again that failed for the time being");
    command->footer(
        "Makes a plan of those clips beside the first one. Its tasks are those of\n"
        "`reelpipe batch run ROOT --repair N`, and `batch merge` counts what they say.\n"
        "Exit status: 0 there is something to repair, or nothing; 2 wrong usage, or\n"
        "shards are not finished.");
    command->add_option("ROOT", options.root, "folder of a plan")->required();
    command
        ->add_option(
            "--retry", options.retry,
            "also failures with this reason, as the report names it, or reasons of this class: soft, permanent")
        ->delimiter(',')
        ->option_text("REASON");
    return command;
}

int run_repair_command(const batch_repair_options& options)
{
    const batch_repair_summary s = repair_batch(options);
    if (s.number == 0) {
        print(stdout, "no clip is to be repaired\n");
        return exit_status::all_stored;
    }
    print(stdout, fmt::format("repair\t{}\nclips\t{}\nvideos\t{}\nshards\t{}\ntasks\t{}\n", s.number, s.plan.clips,
                              s.plan.videos, s.plan.shards, s.plan.tasks()));
    return exit_status::all_stored;
}

CLI::App* add_gc_command(CLI::App& batch, batch_arguments& arguments)
{
    CLI::App* const command = batch.add_subcommand("gc", "Remove what killed tasks have left in a folder");
    command->footer(
        "A task that was killed may leave a folder with unfinished clips in ROOT/.tmp.\n"
        "Finished clips are never removed.");
    command->add_option("ROOT", arguments.merge.root, "folder of a plan")->required();
    add_seconds(*command, "--silent", arguments.silent_for, "of tasks that have said nothing for so long", 60, 1e7);
    return command;
}

int run_gc_command(const batch_arguments& arguments)
{
    const batch_gc_summary s = collect_batch_garbage(arguments.merge.root, arguments.silent_for);
    print(stdout, fmt::format("{} removed, {} kept\n", s.removed, s.kept));
    return exit_status::all_stored;
}

int run_parsed(const batch_commands& commands, const batch_arguments& arguments)
{
    if (commands.plan->parsed()) return run_plan_command(*commands.plan, arguments);
    if (commands.status->parsed()) return run_status_command(arguments.place, arguments.json, arguments.watch);
    if (commands.missing->parsed()) return run_missing_command(arguments.place, arguments.missing_format);
    if (commands.submit->parsed()) return run_submit(arguments.submit);
    if (commands.merge->parsed()) return run_merge_command(arguments.merge);
    if (commands.repair->parsed()) return run_repair_command(arguments.repair);
    return run_gc_command(arguments);
}

}  // namespace

batch_commands add_batch(CLI::App& program, batch_arguments& arguments)
{
    CLI::App* const batch =
        program.add_subcommand("batch", "Fill one folder from many machines: Slurm, Kubernetes and others");
    batch->require_subcommand(1);
    batch->footer(
        "  reelpipe batch plan kinetics400/*.csv -o /shared/k400 --cut lossless\n"
        "  reelpipe batch run /shared/k400 --task 0        as a task of a scheduler\n"
        "  reelpipe batch status /shared/k400\n"
        "  reelpipe batch merge /shared/k400");
    return {.all = batch,
            .plan = add_plan_command(*batch, arguments),
            .run = add_batch_run(*batch, arguments.task),
            .status = add_status_command(*batch, arguments.place, arguments.json, arguments.watch),
            .missing = add_missing_command(*batch, arguments.place, arguments.missing_format),
            .submit = add_submit(*batch, arguments.submit),
            .merge = add_merge_command(*batch, arguments.merge),
            .repair = add_repair_command(*batch, arguments.repair),
            .gc = add_gc_command(*batch, arguments)};
}

namespace {

// Its options name programs to run, so nobody else may have written it.
void check_writers(const std::filesystem::path& file)
{
    struct stat found{};
    if (lstat(file.c_str(), &found) != 0 || (S_ISREG(found.st_mode) && (found.st_mode & S_IWOTH) == 0)) return;
    throw usage_error(
        fmt::format("{}: it is no file, or any user may write to it, and it names programs to run; "
                    "make sure of what it says, then chmod o-w",
                    file.string()));
}

}  // namespace

std::vector<std::string> with_options_of_plan(const batch_commands& commands, const batch_arguments& arguments,
                                              std::vector<std::string> words)
{
    read_batch_plan(arguments.task.place);  // or there is none, which is to be said rather than that a file is missing
    const std::filesystem::path file = batch_options_file(arguments.task.place);
    check_writers(file);
    return with_options_of_file(*commands.run, *commands.plan, std::move(words), file);
}

int run_batch(const batch_commands& commands, const batch_arguments& arguments)
{
    if (commands.run->parsed()) return run_batch_run(arguments.task);
    try {
        return run_parsed(commands, arguments);
    } catch (const usage_error& e) {
        print_error(e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        print_error(e.what());
        return exit_status::stopped;
    }
}

}  // namespace reelpipe::cli
