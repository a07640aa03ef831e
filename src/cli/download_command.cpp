#include "cli/download_command.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <asio.hpp>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/choice.hpp"
#include "cli/config_file.hpp"
#include "cli/counted.hpp"
#include "cli/download_options.hpp"
#include "cli/export_command.hpp"
#include "cli/json_log.hpp"
#include "cli/own_program.hpp"

#include "reelpipe/zeroed_memory.hpp"

namespace reelpipe::cli {

namespace {

// Shows the progress until the run has ended. A wait that was over before it was cancelled ends like any other one, so
// here and below `ended` says that there is nothing more to do.
asio::awaitable<void> keep_showing(terminal& screen, const downloader& run, asio::steady_timer& pause,
                                   const bool& ended)
{
    asio::error_code ignored;
    while (!ended) {
        pause.expires_after(screen.interval());
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!ended) screen.show(run.now(), run.stages());
    }
}

// Two chances: finish what is in flight, then drop it. A third signal ends the process as any other's.
asio::awaitable<void> obey_signals(asio::signal_set& signals, downloader& run, terminal& screen, bool& interrupted,
                                   const bool& ended)
{
    asio::error_code ignored;
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (ended) co_return;
    interrupted = true;
    run.drain();
    screen.message(severity::note, fmt::format("interrupted: finishing at most {}; interrupt again to drop them",
                                               counted(run.now().under_way, "clip")));
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (ended) co_return;
    run.cancel();
    screen.leave_panel();  // the next one ends the process, which could not do so by itself
    signals.clear();
}

// Who stops the run for a while, or ends the program by SIGQUIT, gets the terminal as it was.
asio::awaitable<void> obey_stops(asio::signal_set& stops, terminal& screen, const bool& ended)
{
    asio::error_code ignored;
    while (!ended) {
        const int which = co_await stops.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (ended) co_return;
        screen.clear();
        if (which == SIGQUIT) std::ignore = stops.remove(SIGQUIT, ignored);
        raise(which == SIGQUIT ? SIGQUIT : SIGSTOP);
    }
}

struct run_end {
    download_summary summary{};  // unless it failed
    std::exception_ptr failed{};
    bool interrupted = false;
};

// Runs on `io`, which nothing else uses, and shows the progress. Signals are obeyed from here on, not while the lists
// are read: nothing is begun then, and a list that comes from a pipe may never end.
run_end run_to_the_end(asio::io_context& io, downloader& run, terminal& screen)
{
    asio::signal_set signals(io, SIGINT, SIGTERM), stops(io);
    if (screen.has_panel())
        for (const int each : {SIGTSTP, SIGQUIT}) stops.add(each);
    asio::steady_timer pause(io);
    run_end end;
    bool ended = false;
    const auto keep_first = [&end](std::exception_ptr e) {
        if (e && !end.failed) end.failed = e;
    };
    asio::co_spawn(io, keep_showing(screen, run, pause, ended), keep_first);
    asio::co_spawn(io, obey_signals(signals, run, screen, end.interrupted, ended), keep_first);
    if (screen.has_panel()) asio::co_spawn(io, obey_stops(stops, screen, ended), keep_first);
    asio::co_spawn(io, run.run(), [&](std::exception_ptr e, download_summary s) {
        keep_first(e);
        end.summary = std::move(s);
        ended = true;
        pause.cancel();
        signals.cancel();
        stops.cancel();
    });
    io.run();
    return end;
}

// Adds the options for what is told while the run goes on, and where.
void add_terminal_options(CLI::App& command, download_arguments& arguments)
{
    constexpr const char* group = "Output";
    command
        .add_option("--log-json", arguments.log_json, "append messages and outcomes to FILE, one JSON object a line")
        ->option_text("FILE")
        ->group(group);
    add_choice<progress_style>(
        command, "--progress", arguments.progress,
        {{"auto", progress_style::automatic},
         {"bar", progress_style::bar},
         {"panel", progress_style::panel},
         {"plain", progress_style::plain},
         {"none", progress_style::none}},
        "how progress is shown. auto: a bar on a terminal, otherwise plain lines. panel: stages, rates and "
        "messages on the whole screen, nothing where there is no terminal")
        ->group(group);
    add_choice<severity>(command, "--log-level", arguments.least,
                         {{"note", severity::note}, {"warning", severity::warning}, {"error", severity::error}},
                         "least important messages to show")
        ->group(group);
}

void add_serve_options(CLI::App& command, serve_options& o)
{
    constexpr const char* group = "Output";
    CLI::Option* const address =
        command.add_option("--serve", o.address,
                           "show the run over HTTP while it goes on: /, /progress.json, /events, /metrics, /healthz");
    address->option_text("HOST:PORT")->group(group);
    command
        .add_option("--serve-token", o.token_file,
                    "file with a token that clients of --serve have to send; needed where other machines can reach "
                    "the address")
        ->needs(address)
        ->option_text("FILE")
        ->group(group);
}

void add_layout_options(CLI::App& command, export_options& o)
{
    constexpr const char* group = "Output";
    CLI::Option* const layout =
        add_layout(command, o.layout,
                   "when the run has ended, also give its clips the layout of a trainer, as `reelpipe export` does");
    CLI::Option* const output = command.add_option("--layout-output", o.output, "the folder for that layout");
    layout->group(group)->needs(output);
    output->group(group)->needs(layout)->option_text("OUT");
    command.add_option("--default-split", o.default_split, "there, the split of clips whose list has none")
        ->group(group)
        ->needs(layout)
        ->option_text("SPLIT");
    command.add_option("--label-map", o.label_map, "there, all labels in the order of their indices, one a line")
        ->group(group)
        ->needs(layout)
        ->option_text("FILE");
}

// A run is worth more than the sight of it: where that cannot be, the run goes on.
std::string goes_on(const std::system_error& e, const serve_options& o)
{
    return fmt::format("--serve {}: {}; the run goes on and is not shown there", o.address, e.code().message());
}

// Throws usage_error.
template <class Tell> std::optional<serve_door> open_door(const serve_options& o, Tell tell)
{
    if (o.address.empty()) return std::nullopt;
    try {
        return serve_door(o);
    } catch (const std::system_error& e) {
        tell(severity::warning, goes_on(e, o));
        return std::nullopt;
    }
}

template <class Tell>
void start(std::optional<run_server>& server, serve_door door, run_server::subject subject, const serve_options& o,
           Tell tell)
{
    try {
        const std::string url = door.url();
        server.emplace(std::move(door), std::move(subject));
        tell(severity::note, fmt::format("the run is shown on {}", url));
    } catch (const std::system_error& e) {  // no thread
        tell(severity::warning, goes_on(e, o));
    }
}

int status_of(const download_summary& s, bool interrupted)
{
    if (interrupted && s.pending) return exit_status::interrupted;
    if (s.stopped_by) return exit_status::stopped;
    return s.totals.failed || s.pending ? exit_status::some_failed : exit_status::all_stored;
}

int run_layout(const download_arguments& arguments, terminal& screen)
{
    export_options options = arguments.exported;
    options.folder = arguments.run.output.folder;
    return run_export(options, screen);
}

}  // namespace

CLI::App* add_download(CLI::App& program, download_arguments& arguments)
{
    download_options& o = arguments.run;
    CLI::App* const command = program.add_subcommand("download", "Make verified clips of annotated videos");
    command->footer(
        "Stop it with ^C and run it again to go on: stored clips are not fetched again.\n\n"
        "Exit status: 0 every clip is stored; 1 some clips failed, the report says which\n"
        "and why; 2 wrong usage or an unreadable list; 3 stopped by the site, the\n"
        "network, the disk or the installation, run again to go on; 130 interrupted.");

    add_lists(*command, o.wanted.lists)->required(false);  // or a manifest
    command->add_option("-o,--output", o.output.folder, "folder for the clips")
        ->required()
        ->configurable(false)
        ->option_text("DIR");
    add_config(*command);
    command->add_option("--write-config", arguments.write_config, "write the given options to FILE, and end")
        ->configurable(false)
        ->option_text("FILE");
    add_wanted_options(*command, o.wanted);
    add_source_options(*command, o.source);
    add_fetch_options(*command, o.fetch);
    add_cut_options(*command, o.cut);
    add_worker_options(*command, o.workers, arguments.isolate);
    add_output_options(*command, o.output);
    add_terminal_options(*command, arguments);
    add_layout_options(*command, arguments.exported);
    add_serve_options(*command, arguments.serve);
    return command;
}

int run_download(const download_arguments& arguments)
{
    terminal screen(arguments.progress, arguments.least);
    download_options options = arguments.run;
    if (arguments.isolate)
        options.workers.program = own_program();
    else if (options.cut.mode == cut_mode::encode)
        use_zeroed_memory();
    std::optional<json_log> log;
    recent_messages messages;
    const auto tell = [&screen, &log, &messages](severity how, const std::string& line) {
        screen.message(how, line);
        messages.add(how, line);
        if (log) log->message(how, line);
    };
    options.events.on_message = tell;

    asio::io_context io{1};
    std::optional<serve_door> door;
    std::optional<downloader> run;
    try {
        if (!arguments.exported.output.empty()) check_export_output(options.output.folder, arguments.exported.output);
        if (!arguments.log_json.empty()) {
            log.emplace(arguments.log_json);
            options.events.on_clip = [&log](const clip_outcome& clip) { log->outcome(clip); };
        }
        door = open_door(arguments.serve, tell);
        run.emplace(std::move(options));
    } catch (const usage_error& e) {
        tell(severity::error, e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        tell(severity::error, e.what());
        return exit_status::stopped;
    }

    std::optional<run_server> server;
    if (door)
        start(server, std::move(*door), {*run, io.get_executor(), arguments.run.output.folder, messages},
              arguments.serve, tell);
    const run_end end = run_to_the_end(io, *run, screen);
    server.reset();
    try {
        if (end.failed) std::rethrow_exception(end.failed);
    } catch (const usage_error& e) {
        tell(severity::error, e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        tell(severity::error, fmt::format("the run ended early: {}; run again to go on", e.what()));
        return end.interrupted ? exit_status::interrupted : exit_status::stopped;
    }
    screen.print(summary_text(end.summary));
    int status = status_of(end.summary, end.interrupted);
    if (!arguments.exported.output.empty() && !end.interrupted)
        status = std::max(status, run_layout(arguments, screen));
    if (log) log->end(end.summary, status);
    return status;
}

}  // namespace reelpipe::cli
