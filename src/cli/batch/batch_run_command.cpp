#include "cli/batch/batch_run_command.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <asio.hpp>
#include <cstddef>
#include <exception>
#include <utility>

#include "cli/batch/task_index.hpp"
#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/download_options.hpp"
#include "cli/own_program.hpp"
#include "reelpipe/zeroed_memory.hpp"

namespace reelpipe::cli {

namespace {

// Schedulers may say one thing twice: to the script, which passes it on, and to each of its processes.
constexpr std::chrono::seconds same_signal{2};

// The index of a task is not one of this plan, or there is none.
struct wrong_index : usage_error {
    using usage_error::usage_error;
};

std::vector<std::uint32_t> shards_of(const task_arguments& arguments, const batch_plan& plan)
try {
    if (!arguments.shards.empty()) return numbers_in(arguments.shards, plan.shards);
    const std::optional<std::uint32_t> task = arguments.task ? arguments.task : task_index();
    if (!task)
        throw wrong_index(
            "no scheduler says which task this is; say it with --task N, or which shards with --shard N,… or all");
    if (*task >= plan.tasks())
        throw wrong_index(
            fmt::format("there is no task {}: the plan has {}, and the first one is task 0", *task, plan.tasks()));
    std::vector<std::uint32_t> shards;
    for (std::uint64_t shard = std::uint64_t{*task} * plan.shards_per_task;
         shard < plan.shards && shards.size() < plan.shards_per_task; ++shard)
        shards.push_back(static_cast<std::uint32_t>(shard));
    return shards;
} catch (const usage_error& e) {
    throw wrong_index(e.what());
}

asio::awaitable<void> keep_showing(terminal& screen, const batch_task& task, asio::steady_timer& pause,
                                   const bool& ended)
{
    asio::error_code ignored;
    while (!ended) {
        pause.expires_after(screen.interval());
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!ended) screen.show(task.now(), task.stages());
    }
}

// A scheduler says SIGTERM, and some time later SIGKILL.
asio::awaitable<void> obey_signals(asio::signal_set& signals, batch_task& task, terminal& screen,
                                   std::chrono::seconds grace, const bool& ended)
{
    asio::error_code ignored;
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (ended) co_return;
    task.drain();
    screen.message(severity::note,
                   fmt::format("asked to end: finishing what is in flight, for at most {} s", grace.count()));
    const auto said = std::chrono::steady_clock::now();
    asio::steady_timer end_of_grace(co_await asio::this_coro::executor, grace);
    end_of_grace.async_wait([&task, &ended](const asio::error_code& cancelled) {
        if (!cancelled && !ended) task.cancel();
    });
    do {
        co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (ended) co_return;
    } while (std::chrono::steady_clock::now() - said < same_signal);
    task.cancel();
    signals.clear();
}

struct task_end {
    batch_summary summary{};
    std::exception_ptr failed{};
};

task_end run_to_the_end(asio::io_context& io, asio::signal_set& signals, batch_task& task, terminal& screen,
                        std::chrono::seconds grace)
{
    asio::steady_timer pause(io);
    task_end end;
    bool ended = false;
    const auto keep_first = [&end](std::exception_ptr e) {
        if (e && !end.failed) end.failed = e;
    };
    asio::co_spawn(io, keep_showing(screen, task, pause, ended), keep_first);
    asio::co_spawn(io, obey_signals(signals, task, screen, grace, ended), keep_first);
    asio::co_spawn(io, task.run(), [&](std::exception_ptr e, batch_summary s) {
        keep_first(e);
        end.summary = std::move(s);
        ended = true;
        pause.cancel();
        signals.cancel();
    });
    io.run();
    return end;
}

int status_of(batch_end end)
{
    switch (end) {
        case batch_end::done:
            return task_status::done;
        case batch_end::impossible:
            return task_status::impossible;
        case batch_end::configuration:
            return task_status::configuration;
        case batch_end::try_again:
            break;
    }
    return task_status::try_again;
}

std::string text_of(const batch_summary& s)
{
    std::string text = fmt::format("{} committed, {} done before", counted(s.committed, "shard"), s.had_manifest);
    if (s.lost > 0) text += fmt::format(", {} committed by another task meanwhile", s.lost);
    if (s.left > 0) text += fmt::format(", {} left: {}", s.left, s.why);
    return text + fmt::format("\nclips of the committed ones: {} stored, {} failed, {} of these for the time being\n",
                              s.stored, s.failed, s.transient);
}

// Options that the plan has decided are read out of its file, and are no business of who starts a task.
template <class Add> void add_hidden(CLI::App& command, Add add)
{
    const std::size_t before = command.get_options().size();
    add();
    std::size_t place = 0;
    for (CLI::Option* const each : command.get_options([](CLI::Option*) { return true; }))
        if (place++ >= before) each->group("");
}

}  // namespace

void add_place(CLI::App& command, batch_place& place)
{
    command.add_option("ROOT", place.root, "folder of a plan")->required()->configurable(false);
    command.add_option("--repair", place.repair, "the repair with this number, instead of the plan")
        ->configurable(false)
        ->option_text("N");
}

CLI::App* add_batch_run(CLI::App& batch, task_arguments& arguments)
{
    download_options& o = arguments.run.run;
    CLI::App* const command = batch.add_subcommand("run", "Work on shards of a plan, as a task of a scheduler");
    command->footer(
        "The task is named by --task or --shard, or by the one of these variables that\n"
        "is set: SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX,\n"
        "BATCH_TASK_INDEX, CLOUD_RUN_TASK_INDEX, PBS_ARRAY_INDEX, SGE_TASK_ID,\n"
        "LSB_JOBINDEX. REELPIPE_TASK_OFFSET is added to it.\n\n"
        "Options that are not given are those of the plan. Those that shape clips cannot\n"
        "be others. Any number of tasks may work on the same shard.\n\n"
        "Exit status: 0 each shard has its manifest; 75 run it again; 65 the plan or the\n"
        "manifest of a shard is damaged; 64 wrong usage; 78 installation or options.");
    add_place(*command, arguments.place);
    constexpr const char* group = "Task";
    CLI::Option* const task = command->add_option("--task", arguments.task, "number of the task, from 0");
    task->configurable(false)->option_text("N")->group(group);
    command->add_option("--shard", arguments.shards, "numbers of shards, from 0, such as 0-3,7, or all")
        ->configurable(false)
        ->allow_extra_args(false)
        ->excludes(task)
        ->option_text("N,...")
        ->group(group);
    command
        ->add_option("--scratch", arguments.scratch,
                     "folder on a disk of this machine for the ledger and what is fetched (default: TMPDIR)")
        ->configurable(false)
        ->option_text("DIR")
        ->group(group);
    add_seconds(*command, "--grace", arguments.grace, "time for what is in flight to finish after SIGTERM", 0, 86400)
        ->configurable(false)
        ->group(group);
    add_source_options(*command, o.source);
    add_fetch_options(*command, o.fetch);
    add_worker_options(*command, o.workers, arguments.run.isolate);
    add_hidden(*command, [&] {
        add_cut_options(*command, o.cut);
        add_output_options(*command, o.output);
    });
    return command;
}

int run_batch_run(const task_arguments& arguments)
{
    terminal screen(arguments.run.progress, arguments.run.least);
    const auto tell = [&screen](severity how, const std::string& line) { screen.message(how, line); };
    try {
        asio::io_context io{1};
        asio::signal_set signals(io, SIGINT, SIGTERM);  // what is said from here on is heard when the task has begun
        batch_run_options options{.place = arguments.place, .run = arguments.run.run, .scratch = arguments.scratch};
        options.shards = shards_of(arguments, read_batch_plan(arguments.place));
        options.run.events.on_message = tell;
        if (arguments.run.isolate)
            options.run.workers.program = own_program();
        else if (options.run.cut.mode == cut_mode::encode)
            use_zeroed_memory();
        batch_task task(std::move(options));
        const task_end end = run_to_the_end(io, signals, task, screen, arguments.grace);
        if (end.failed) std::rethrow_exception(end.failed);
        screen.print(text_of(end.summary));
        return status_of(end.summary.end);
    } catch (const wrong_index& e) {
        tell(severity::error, e.what());
        return task_status::usage;
    } catch (const usage_error& e) {
        tell(severity::error, e.what());
        return task_status::configuration;
    } catch (const std::exception& e) {
        tell(severity::error, fmt::format("the task ended early: {}; run it again", e.what()));
        return task_status::try_again;
    }
}

}  // namespace reelpipe::cli
