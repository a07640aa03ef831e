#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/demo.hpp"
#include "cli/doctor_command.hpp"
#include "cli/download_command.hpp"
#include "cli/explain_command.hpp"
#include "cli/help.hpp"
#include "cli/inspect_command.hpp"
#include "cli/plan_command.hpp"
#include "cli/report_command.hpp"
#include "cli/verify_command.hpp"

#include "reelpipe/clip_worker.hpp"

namespace {

constexpr int version = REELPIPE_VERSION;

void raise_limit(__rlimit_resource what, rlim_t enough)
{
    rlimit limit{};
    if (getrlimit(what, &limit) != 0) return;
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, enough));
    setrlimit(what, &limit);
}

// The soft limit of descriptors is often kept low for programs that use select(); none of ours does. A file that gets
// too large for its limit is an error like any other, not the end of the process.
void allow_as_much_as_possible()
{
    raise_limit(RLIMIT_NOFILE, 65'536);
    raise_limit(RLIMIT_FSIZE, RLIM_INFINITY);
    signal(SIGXFSZ, SIG_IGN);
}

// The message about wrong words on the command line: what is wrong, and where to read what would be right.
std::string usage_text(const CLI::App* program, const CLI::Error& wrong, const std::string& first_word)
{
    const auto chosen = program->get_subcommands();
    if (!chosen.empty())
        return fmt::format("error: {}\nrun `reelpipe {} --help` for all options\n", wrong.what(),
                           chosen.front()->get_name());
    std::vector<std::string> commands;
    for (const CLI::App* each : program->get_subcommands({})) commands.push_back(each->get_name());
    const std::string known = fmt::format("{}", fmt::join(commands, ", "));
    if (first_word.empty() || first_word.starts_with('-'))
        return fmt::format("error: no command given; the commands are {}; run `reelpipe --help` for help\n", known);
    return fmt::format("error: unknown command '{}'; the commands are {}; run `reelpipe --help` for help\n", first_word,
                       known);
}

void describe(CLI::App& program, const std::string& first_word)
{
    program.formatter(std::make_shared<reelpipe::cli::help_formatter>());
    program.set_version_flag("--version", fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100));
    program.footer(
        "  reelpipe download kinetics400/val.csv -o clips/\n"
        "  reelpipe download val.csv -o clips/ --source 'https://mirror/{id}.mp4'\n"
        "  reelpipe report clips/\n"
        "  reelpipe explain clips/ CLIP\n"
        "  reelpipe verify clips/\n"
        "  reelpipe plan kinetics400/*.csv -o clips/\n"
        "  reelpipe doctor val.csv -o clips/\n"
        "  reelpipe inspect https://mirror/video.mp4 --start 150 --end 160\n"
        "  reelpipe demo");
    program.require_subcommand(1);
    program.failure_message(
        [first_word](const CLI::App* app, const CLI::Error& e) { return usage_text(app, e, first_word); });
}

}  // namespace

int main(int argc, char** argv)
{
    using namespace reelpipe::cli;

    if (argc == 2 && std::string_view(argv[1]) == "clip-worker") return reelpipe::run_clip_worker();
    allow_as_much_as_possible();

    CLI::App program("Annotated video lists in, verified clips out.");
    describe(program, argc > 1 ? argv[1] : "");
    download_arguments download, demo, planned;
    doctor_arguments doctor;
    inspect_arguments inspect;
    explain_arguments explain;
    report_arguments report;
    verify_arguments verify;
    const CLI::App* const download_command = add_download(program, download);
    const CLI::App* const doctor_command = add_doctor(program, doctor);
    const CLI::App* const inspect_command = add_inspect(program, inspect);
    const CLI::App* const report_command = add_report(program, report);
    const CLI::App* const explain_command = add_explain(program, explain);
    const CLI::App* const verify_command = add_verify(program, verify);
    const CLI::App* const plan_command = add_plan(program, planned);
    add_demo(program, demo);
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& e) {
        return program.exit(e);  // --help, --version
    } catch (const CLI::ParseError& e) {
        program.exit(e);
        return exit_status::usage;
    }
    if (doctor_command->parsed()) return run_doctor(doctor);
    if (inspect_command->parsed()) return run_inspect(inspect);
    if (report_command->parsed()) return run_report(report);
    if (explain_command->parsed()) return run_explain(explain);
    if (verify_command->parsed()) return run_verify(verify);
    if (plan_command->parsed()) return run_plan(planned);
    return download_command->parsed() ? run_download(download) : run_demo(demo);
}
