#include "cli/plan_command.hpp"

#include <fmt/format.h>

#include "cli/config_file.hpp"
#include "cli/download_options.hpp"
#include "cli/printing.hpp"

#include "reelpipe/plan.hpp"

namespace reelpipe::cli {

CLI::App* add_plan(CLI::App& program, download_arguments& arguments)
{
    download_options& o = arguments.run;
    CLI::App* const command =
        program.add_subcommand("plan", "Count what a run has to do, and how long it takes under the site's quota");
    command->footer(
        "Reads the lists and, with -o, the folder's ledger. Contacts no site and fetches\n"
        "nothing. The time is the least that the site's quota allows; fetching and\n"
        "cutting may take longer. Each line of the output is a name, a tab and a value.");
    add_lists(*command, o.wanted.lists)->required(false);  // or a manifest
    command->add_option("-o,--output", o.output.folder, "folder of earlier runs")->option_text("DIR");
    add_config(*command);
    add_wanted_options(*command, o.wanted);
    add_source_options(*command, o.source);
    return command;
}

int run_plan(const download_arguments& arguments)
{
    terminal screen(progress_style::none, arguments.least);
    download_options options = arguments.run;
    options.events.on_message = [&screen](severity how, const std::string& line) { screen.message(how, line); };
    download_plan counts;
    try {
        counts = plan(options);
    } catch (const std::exception& e) {
        screen.message(severity::error, e.what());
        return exit_status::usage;
    }
    const auto line = [](const char* name, auto value) { print(stdout, fmt::format("{}\t{}\n", name, value)); };
    line("rows", counts.rows);
    line("rows that cannot be read", counts.bad_rows);
    line("duplicates", counts.duplicates);
    line("clips", counts.clips);
    line("videos", counts.videos);
    line("clips stored", counts.stored);
    line("clips known to fail", counts.failed);
    line("clips left", counts.clips_left);
    line("videos left", counts.videos_left);
    if (counts.resolves_per_hour > 0) {
        line(options.source.player_rate ? "player requests an hour" : "videos an hour", counts.resolves_per_hour);
        line("at least", counts.quota_time);
        if (!counts.player_quota_time.empty()) line("if 3 player requests a video count", counts.player_quota_time);
    } else {
        line("videos an hour", "no limit");
    }
    return exit_status::all_stored;
}

}  // namespace reelpipe::cli
