#include "cli/plan_command.hpp"

#include <fmt/format.h>

#include "reelpipe/plan.hpp"

namespace reelpipe::cli {

CLI::App* add_plan(CLI::App& program, download_arguments& arguments)
{
    download_options& o = arguments.run;
    CLI::App* const command = program.add_subcommand("plan", "Say what a run would have to do, and how long at least");
    command->footer(
        "Reads the lists and, with -o, what the folder's ledger knows; asks no site and fetches nothing. The time is\n"
        "what the site's quota makes of it, not what fetching and cutting take. One name and value a line, for a "
        "pipe.");
    command->add_option("LIST", o.lists, "annotation lists, as for download; - is the standard input")->required();
    command->add_option("-o,--output", o.output, "folder of earlier runs")->option_text("DIR");
    command->add_option("--split", o.split, "only rows of this split");
    command->add_option("--labels", o.labels, "only rows with these labels")->delimiter(',')->option_text("A,B");
    command->add_option("--limit", o.limit, "only the first N rows")->option_text("N");
    command->add_option("--source", o.source, "as for download")->capture_default_str();
    command->add_option("--url-base", o.url_base, "as for download")->capture_default_str();
    command->add_option("--proxy", o.proxies, "as for download: each has a quota of its own")
        ->option_text("URL")
        ->allow_extra_args(false);
    command
        ->add_option_function<std::string>(
            "--resolve-rate", [&o](const std::string& text) { o.resolve_rate = parse_rate(text); },
            "videos asked for in an hour on each way [240 for YouTube]")
        ->option_text("N/h");
    return command;
}

int run_plan(const download_arguments& arguments)
{
    terminal screen(progress_style::none, arguments.least);
    download_options options = arguments.run;
    options.on_message = [&screen](severity how, const std::string& line) { screen.message(how, line); };
    download_plan counts;
    try {
        counts = plan(options);
    } catch (const std::exception& e) {
        screen.message(severity::error, e.what());
        return exit_status::usage;
    }
    const auto line = [](const char* name, auto value) { fmt::print("{}\t{}\n", name, value); };
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
        line("videos an hour", counts.resolves_per_hour);
        line("at least", counts.quota_time);
    } else {
        line("videos an hour", "no limit");
    }
    return exit_status::all_stored;
}

}  // namespace reelpipe::cli
