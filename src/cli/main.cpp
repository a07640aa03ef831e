#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/batch/batch_command.hpp"
#include "cli/browse/browse_command.hpp"
#include "cli/command_words.hpp"
#include "cli/config_file.hpp"
#include "cli/demo.hpp"
#include "cli/doctor_command.hpp"
#include "cli/documents_command.hpp"
#include "cli/download_command.hpp"
#include "cli/explain_command.hpp"
#include "cli/export_command.hpp"
#include "cli/help.hpp"
#include "cli/inspect_command.hpp"
#include "cli/manifest_command.hpp"
#include "cli/plan_command.hpp"
#include "cli/printing.hpp"
#include "cli/report_command.hpp"
#include "cli/verify_command.hpp"

#include "reelpipe/clip_worker.hpp"
#include "reelpipe/usage_error.hpp"

namespace {

using namespace reelpipe::cli;

const std::string version =
    fmt::format("{}.{}.{}", REELPIPE_VERSION / 10000, REELPIPE_VERSION / 100 % 100, REELPIPE_VERSION % 100);

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

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known)
{
    const std::string like = nearest(word, known);
    return like.empty() ? "" : " (did you mean " + like + "?)";
}

// What the first option that a command does not know is likely meant to be.
std::string did_you_mean(const CLI::App& command)
{
    std::vector<std::string> known;
    for (const option_words& each : options_of(command))
        known.insert(known.end(), each.names.begin(), each.names.end());
    for (const std::string& word : command.remaining())
        if (word.starts_with('-')) return did_you_mean(word.substr(0, word.find('=')), known);
    return "";
}

// The command that was meant: the last of those whose words were read.
const CLI::App& chosen_of(const CLI::App& program)
{
    const auto chosen = program.get_subcommands();
    return chosen.empty() ? program : chosen_of(*chosen.front());
}

std::string list_of_commands(const CLI::App& program)
{
    std::vector<std::string> commands;
    for (const CLI::App* each : commands_of(program)) commands.push_back(each->get_name());
    return fmt::format("{}", fmt::join(commands, ", "));
}

// The message about wrong words on the command line: what is wrong, and where to read what would be right.
std::string usage_text(const CLI::App* program, const CLI::Error& wrong, const std::string& first_word)
{
    const CLI::App& chosen = chosen_of(*program);
    if (&chosen != program && !commands_of(chosen).empty())
        return fmt::format("error: the commands of `reelpipe {0}` are {1}; run `reelpipe {0} --help` for help\n",
                           full_name(chosen), list_of_commands(chosen));
    if (&chosen != program)
        return fmt::format("error: {}{}\nrun `reelpipe {} --help-all` for all options\n", in_one_line(wrong.what()),
                           did_you_mean(chosen), full_name(chosen));
    std::vector<std::string> commands;
    for (const CLI::App* each : commands_of(*program)) commands.push_back(each->get_name());
    const std::string known = list_of_commands(*program);
    if (first_word.empty() || first_word.starts_with('-'))
        return fmt::format("error: no command given; the commands are {}; run `reelpipe --help` for help\n", known);
    return fmt::format("error: unknown command '{}'; the commands are {}{}; run `reelpipe --help` for help\n",
                       in_one_line(first_word), known, did_you_mean(first_word, commands));
}

void describe(CLI::App& program, const std::string& first_word)
{
    program.name("reelpipe");
    program.formatter(std::make_shared<help_formatter>());
    program.set_version_flag("--version", version);
    program.set_help_flag("-h,--help", "show the common options");
    program.set_help_all_flag("--help-all", "show all options");
    program.footer(
        "  reelpipe download kinetics400/val.csv -o clips/\n"
        "  reelpipe download val.csv -o clips/ --source 'https://mirror/{id}.mp4'\n"
        "  reelpipe report clips/\n"
        "  reelpipe explain clips/ CLIP\n"
        "  reelpipe browse clips/\n"
        "  reelpipe verify clips/\n"
        "  reelpipe export clips/ --layout slowfast -o k400/\n"
        "  reelpipe manifest clips/ -o clips.manifest\n"
        "  reelpipe diff clips.manifest others/\n"
        "  reelpipe plan kinetics400/*.csv -o clips/\n"
        "  reelpipe doctor val.csv -o clips/\n"
        "  reelpipe inspect https://mirror/video.mp4 --start 150 --end 160\n"
        "  reelpipe batch plan kinetics400/*.csv -o /shared/k400\n"
        "  reelpipe demo");
    program.require_subcommand(1);
    program.failure_message(
        [first_word](const CLI::App* app, const CLI::Error& e) { return usage_text(app, e, first_word); });
}

// What CLI11 has to say: help, the version, or what is wrong. Returns its exit status.
int tell(const CLI::App& program, const CLI::Error& what)
{
    std::ostringstream out, err;
    const int status = program.exit(what, out, err);
    print(stdout, out.str());
    print(stderr, err.str());
    return status;
}

void parse(CLI::App& program, std::vector<std::string> words)
{
    std::ranges::reverse(words);  // as it takes them
    program.parse(std::move(words));
}

int write_config(const CLI::App& command, const std::filesystem::path& file)
try {
    write_config_file(command, file);
    return exit_status::all_stored;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc == 2 && std::string_view(argv[1]) == "clip-worker") return reelpipe::run_clip_worker();
    allow_as_much_as_possible();

    CLI::App program("Annotated video lists in, verified clips out.");
    describe(program, argc > 1 ? argv[1] : "");
    download_arguments download, demo, planned;
    doctor_arguments doctor;
    inspect_arguments inspect;
    explain_arguments explain;
    browse_arguments browse;
    report_arguments report;
    verify_arguments verify;
    const CLI::App* const download_command = add_download(program, download);
    const CLI::App* const doctor_command = add_doctor(program, doctor);
    const CLI::App* const inspect_command = add_inspect(program, inspect);
    const CLI::App* const report_command = add_report(program, report);
    const CLI::App* const explain_command = add_explain(program, explain);
    const CLI::App* const browse_command = add_browse(program, browse);
    const CLI::App* const verify_command = add_verify(program, verify);
    reelpipe::export_options exported;
    manifest_arguments manifest;
    diff_arguments diff;
    const CLI::App* const export_command = add_export(program, exported);
    const CLI::App* const manifest_command = add_manifest(program, manifest);
    const CLI::App* const diff_command = add_diff(program, diff);
    const CLI::App* const plan_command = add_plan(program, planned);
    documents_arguments documents;
    const CLI::App* const documents_command = add_documents(program, documents);
    batch_arguments batch;
    const batch_commands batch_command = add_batch(program, batch);
    add_demo(program, demo);
    const bool is_task = argc > 2 && std::string_view(argv[1]) == "batch" && std::string_view(argv[2]) == "run";
    try {
        std::vector<std::string> words(argv + 1, argv + argc);
        for (const CLI::App* const each : {download_command, plan_command, doctor_command})
            if (argc > 1 && words.front() == each->get_name())
                words = with_config_file(*each, *download_command, std::move(words));
        parse(program, words);
        // What the plan was made with; where it lies is known only now.
        if (batch_command.run->parsed()) parse(program, with_options_of_plan(batch_command, batch, words));
    } catch (const CLI::Success& e) {
        return tell(program, e);  // --help, --version
    } catch (const CLI::ParseError& e) {
        tell(program, e);
        return is_task ? task_status::usage : exit_status::usage;
    } catch (const reelpipe::usage_error& e) {
        print_error(e.what());
        return is_task ? task_status::configuration : exit_status::usage;
    } catch (const std::exception& e) {
        print_error(e.what());
        return is_task ? task_status::try_again : exit_status::stopped;
    }
    if (doctor_command->parsed()) return run_doctor(doctor);
    if (inspect_command->parsed()) return run_inspect(inspect);
    if (report_command->parsed()) return run_report(report);
    if (explain_command->parsed()) return run_explain(explain);
    if (browse_command->parsed()) return run_browse(browse);
    if (verify_command->parsed()) return run_verify(verify);
    if (export_command->parsed()) return run_export(exported);
    if (manifest_command->parsed()) return run_manifest(manifest);
    if (diff_command->parsed()) return run_diff(diff);
    if (plan_command->parsed()) return run_plan(planned);
    if (batch_command.all->parsed()) return run_batch(batch_command, batch);
    if (documents_command->parsed()) return run_documents(program, version, documents);
    if (!download_command->parsed()) return run_demo(demo);
    return download.write_config.empty() ? run_download(download)
                                         : write_config(*download_command, download.write_config);
}
