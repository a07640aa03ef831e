#include "cli/doctor_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio.hpp>
#include <exception>
#include <string_view>
#include <vector>

#include "cli/config_file.hpp"
#include "cli/download_options.hpp"
#include "cli/printing.hpp"

#include "reelpipe/doctor.hpp"

namespace reelpipe::cli {

namespace {

std::string_view word_of(finding::state is)
{
    switch (is) {
        case finding::state::ok:
            return "ok";
        case finding::state::warning:
            return "warning";
        case finding::state::problem:
            break;
    }
    return "problem";
}

// In one line, whatever a program has said.
std::string line_of(const finding& each)
{
    std::string line = fmt::format("{}: {}", each.about, each.text);
    if (!each.remedy.empty()) line += "; " + each.remedy;
    return fmt::format("{}\t{}\n", word_of(each.is), in_one_line(line));
}

}  // namespace

CLI::App* add_doctor(CLI::App& program, doctor_arguments& arguments)
{
    download_options& o = arguments.download.run;
    CLI::App* const command = program.add_subcommand("doctor", "Show what a run with these options would lack");
    command->footer(
        "Prints a line for each thing that was looked at: ok, warning or problem, a tab,\n"
        "what it is, and what to do. Contacts proxies, but no site unless --probe names\n"
        "a video of one. The output folder is tried and left as it was.\n\n"
        "Exit status: 0 a run can work; 1 there is a problem; 2 wrong usage.");
    add_lists(*command, o.wanted.lists)->required(false);
    command->add_option("-o,--output", o.output.folder, "folder for the clips")->option_text("DIR");
    add_config(*command);
    command->add_option("--probe", arguments.probe, "page or file of a video that the source is to find")
        ->option_text("URL");
    add_source_options(*command, o.source);
    add_fetch_options(*command, o.fetch);
    return command;
}

int run_doctor(const doctor_arguments& arguments)
{
    asio::io_context io{1};
    std::exception_ptr failed;
    std::vector<finding> all;
    asio::co_spawn(io, examine(arguments.download.run, arguments.probe),
                   [&](std::exception_ptr e, std::vector<finding> found) {
                       failed = e;
                       all = std::move(found);
                   });
    io.run();
    try {
        if (failed) std::rethrow_exception(failed);
    } catch (const std::exception& e) {
        print_error(e.what());
        return exit_status::usage;
    }
    for (const finding& each : all) print(stdout, line_of(each));
    const bool can_work = std::ranges::none_of(all, [](const finding& f) { return f.is == finding::state::problem; });
    return can_work ? exit_status::all_stored : exit_status::some_failed;
}

}  // namespace reelpipe::cli
