#include "cli/verify_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <asio.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "reelpipe/download.hpp"

#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/download_command.hpp"
#include "cli/own_program.hpp"
#include "cli/terminal.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;
using steady = std::chrono::steady_clock;

void print_json(const ordered_json& object)
{
    fmt::print("{}\n", object.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

void print(const file_finding& found, bool json)
{
    if (json)
        print_json({{"event", "file"},
                    {"file", found.file.string()},
                    {"what", to_string(found.what)},
                    {"message", found.message},
                    {"remedy", remedy(found.what)}});
    else
        fmt::print("{}: {}; {}\n", without_controls(found.file.string()), without_controls(found.message),
                   remedy(found.what));
}

void print(const folder_check& counts, const folder_check_options& checked, int status, bool json)
{
    if (json) {
        print_json({{"event", "end"},
                    {"status", status},
                    {"fine", counts.fine},
                    {"touched", counts.touched},
                    {"shorter", counts.shorter},
                    {"missing", counts.missing},
                    {"wrong", counts.wrong},
                    {"unknown", counts.unknown},
                    {"incomplete", counts.incomplete}});
        return;
    }
    fmt::print("{} {} the ledger ({}); {} wrong, {} missing, {} unknown, {} incomplete\n", counted(counts.fine, "clip"),
               counts.fine == 1 ? "matches" : "match",
               checked.verify_fully ? "structure, and all frames and audio decode" : "structure", counts.wrong,
               counts.missing, counts.unknown, counts.incomplete);
    if (counts.shorter != 0)
        fmt::print("of these, {} shorter than asked for, because the video ends; `reelpipe report` lists them\n",
                   counts.shorter == 1 ? "1 is" : fmt::format("{} are", counts.shorter));
    if (counts.touched != 0) fmt::print("of these, {} changed only in the time of modification\n", counts.touched);
}

}  // namespace

CLI::App* add_verify(CLI::App& program, verify_arguments& arguments)
{
    CLI::App* const command = program.add_subcommand("verify", "Compare the clips of a folder with its ledger");
    command->footer(
        "Compares every clip of a folder with the ledger: frames, duration, streams, bytes.\n"
        "Finds clips whose files are missing, and .mp4 files that the ledger does not\n"
        "know. Needs no network and changes nothing. No run may be at work in the folder.\n"
        "Prints a line for each bad file: what is wrong, and what to do. To make bad clips\n"
        "again, remove their files and run the same download again:\n\n"
        "  reelpipe verify clips/ --json |\n"
        "      jq -r 'select(.what == \"wrong\" or .what == \"incomplete\").file' |\n"
        "      (cd clips && xargs -rd '\\n' rm --)\n\n"
        "Exit status: 0 all clips are fine; 1 some are not; 2 wrong usage, no ledger, or a\n"
        "run is at work.");
    command->add_option("DIR", arguments.check.folder, "the output folder")->required();
    add_verify_depth(*command, arguments.check.verify_fully);
    add_jobs(*command, arguments.check.jobs, "files to check at a time");
    command->add_flag("--json", arguments.json,
                      "print JSON objects, one a line: one for each bad file, and one at the end");
    return command;
}

int run_verify(const verify_arguments& arguments)
{
    folder_check_options options = arguments.check;
    options.worker = own_program();
    // Findings are the output; how far it is is for somebody who looks on, and for no log.
    terminal screen(isatty(STDERR_FILENO) ? progress_style::bar : progress_style::none, severity::note);
    options.on_finding = [&](const file_finding& found) {
        screen.clear();
        print(found, arguments.json);
        std::fflush(stdout);
    };
    const steady::time_point begun = steady::now();
    std::optional<steady::time_point> shown;
    options.on_looked = [&](const folder_check& so_far) {
        const steady::time_point now = steady::now();
        if (shown && now - *shown < screen.interval()) return;
        shown = now;
        screen.show(so_far, std::chrono::duration<double>(now - begun).count());
    };

    asio::io_context io{1};
    std::exception_ptr failed;
    folder_check counts;
    asio::co_spawn(io, check_folder(std::move(options)), [&](std::exception_ptr e, const folder_check& all) {
        failed = e;
        counts = all;
    });
    io.run();
    screen.clear();
    try {
        if (failed) std::rethrow_exception(failed);
    } catch (const usage_error& e) {
        fmt::print(stderr, "error: {}\n", e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        fmt::print(stderr, "error: the check ended early: {}; nothing was changed, run it again\n", e.what());
        return exit_status::stopped;
    }
    const int status = counts.all_fine() ? exit_status::all_stored : exit_status::some_failed;
    print(counts, arguments.check, status, arguments.json);
    return status;
}

}  // namespace reelpipe::cli
