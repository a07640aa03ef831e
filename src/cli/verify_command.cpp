#include "cli/verify_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <asio.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reelpipe/download.hpp"

#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/download_command.hpp"
#include "cli/download_options.hpp"
#include "cli/own_program.hpp"
#include "cli/printing.hpp"
#include "cli/terminal.hpp"
#include "reelpipe/csv_field.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;
using steady = std::chrono::steady_clock;
using finding_kind = dataset_finding::kind;

void print_json(const ordered_json& object)
{
    print(stdout, object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

// The first line of the findings, where their format has one.
void print_head(finding_format format)
{
    if (format == finding_format::csv) print(stdout, "file,what,fault,message,remedy\n");
}

template <class Finding> void print_finding(const Finding& found, bool is_fault, finding_format format)
{
    switch (format) {
        case finding_format::json:
            print_json({{"event", "file"},
                        {"file", found.file.string()},
                        {"what", to_string(found.what)},
                        {"fault", is_fault},
                        {"message", found.message},
                        {"remedy", remedy(found.what)}});
            break;
        case finding_format::csv:
            print_row(stdout, fmt::format("{},{},{},{},{}\n", csv_field(found.file.string()), to_string(found.what),
                                          is_fault ? 1 : 0, csv_field(found.message),
                                          csv_field(std::string(remedy(found.what)))));
            break;
        case finding_format::text:
            if (is_fault)
                print(stdout, fmt::format("{}: {}; {}\n", in_one_line(found.file.string()), in_one_line(found.message),
                                          remedy(found.what)));
            break;
    }
    std::fflush(stdout);
}

std::string depth_text(bool fully, std::string_view all) { return fully ? std::string(all) : "structure"; }

// Counts stand below the findings, or, where those are a table, beside it.
std::FILE* stream_of_counts(finding_format format) { return format == finding_format::csv ? stderr : stdout; }

void print_counts(const folder_check& counts, const folder_check_options& checked, int status, finding_format format)
{
    if (format == finding_format::json) {
        print_json({{"event", "end"},
                    {"status", status},
                    {"against", "ledger"},
                    {"fine", counts.fine},
                    {"touched", counts.touched},
                    {"shorter", counts.shorter},
                    {"missing", counts.missing},
                    {"wrong", counts.wrong},
                    {"unknown", counts.unknown},
                    {"incomplete", counts.incomplete}});
        return;
    }
    std::FILE* const to = stream_of_counts(format);
    print(to, fmt::format("{} {} the ledger ({}); {} wrong, {} missing, {} unknown, {} incomplete\n",
                          counted(counts.fine, "clip"), counts.fine == 1 ? "matches" : "match",
                          depth_text(checked.verify_fully, "structure, and all frames and audio decode"), counts.wrong,
                          counts.missing, counts.unknown, counts.incomplete));
    if (counts.shorter != 0)
        print(to, fmt::format("of these, {} shorter than asked for; `reelpipe report` lists them\n",
                              counts.shorter == 1 ? "1 is" : fmt::format("{} are", counts.shorter)));
    if (counts.touched != 0)
        print(to, fmt::format("of these, {} changed only in the time of modification\n", counts.touched));
}

std::vector<finding_kind> all_kinds()
{
    std::vector<finding_kind> all;
    for (std::size_t i = 0; i < dataset_finding::kinds; ++i) all.push_back(static_cast<finding_kind>(i));
    return all;
}

bool is_note(finding_kind what, const std::vector<finding_kind>& notes)
{
    return std::ranges::find(notes, what) != notes.end();
}

void print_json_end(const dataset_check& counts, const dataset_check_options& checked, int status)
{
    ordered_json end{{"event", "end"},
                     {"status", status},
                     {"against", checked.wanted.lists.empty() ? "nothing" : "lists"},
                     {"clips", counts.clips},
                     {"invalid_rows", counts.bad_rows},
                     {"files", counts.files},
                     {"fine", counts.fine()},
                     {"other_files", counts.others}};
    for (const finding_kind what : all_kinds()) end[std::string(to_string(what))] = counts.count(what);
    print_json(end);
}

void print_kinds(std::FILE* to, const dataset_check& counts, const std::vector<finding_kind>& notes, bool are_notes)
{
    for (const finding_kind what : all_kinds())
        if (counts.count(what) != 0 && is_note(what, notes) == are_notes)
            print(to, fmt::format("  {:>9} {:<12} {}{}\n", counts.count(what), to_string(what), explain(what),
                                  are_notes ? " (only a note)" : ""));
}

void print_counts(const dataset_check& counts, const dataset_check_options& checked, int status, finding_format format)
{
    if (format == finding_format::json) return print_json_end(counts, checked, status);
    std::FILE* const to = stream_of_counts(format);
    print(to,
          fmt::format("{}, {} of them fine ({}), checked {}\n", counted(counts.files, "file"), counts.fine(),
                      depth_text(checked.verify_fully, "all frames and audio decoded"),
                      checked.wanted.lists.empty() ? std::string("each for itself: there is no ledger and no --list")
                                                   : "against " + counted(counts.clips, "clip") + " of the lists"));
    print_kinds(to, counts, checked.notes, false);
    print_kinds(to, counts, checked.notes, true);
    if (counts.others != 0)
        print(to, fmt::format("{} not read: no video by its ending\n", counted(counts.others, "other file")));
}

void add_notes(CLI::App& command, std::vector<finding_kind>& notes)
{
    std::map<std::string, finding_kind> kinds;
    for (const finding_kind each : all_kinds()) kinds[std::string(to_string(each))] = each;
    const auto refuse = [kinds](const std::string& word) {
        return kinds.contains(word) ? std::string() : fmt::format("'{}' is no kind of finding", word);
    };
    command
        .add_option_function<std::vector<std::string>>(
            "--notes",
            [&notes, kinds](const std::vector<std::string>& words) {
                notes.clear();
                for (const std::string& each : words) notes.push_back(kinds.at(each));
            },
            "without ledger: kinds that are only counted, and do not make the exit status 1")
        ->check(CLI::Validator(refuse, ""))
        ->delimiter(',')
        ->default_str("silent,unlisted,untimed")
        ->run_callback_for_default(false)
        ->option_text("KINDS");
}

void add_dataset_options(CLI::App& command, dataset_check_options& o)
{
    CLI::Option* const lists = command.add_option(
        "--list", o.wanted.lists, "check the files against the clips of this list, not the ledger; repeatable");
    lists->option_text("LIST")->allow_extra_args(false);
    command
        .add_option_function<double>(
            "--tolerance", [&o](double s) { o.tolerance = std::chrono::microseconds(std::llround(s * 1e6)); },
            "without ledger: a clip may be shorter or longer by S seconds and a frame")
        ->check(CLI::Range(0.0, 1e6))
        ->default_str(fmt::format("{:g}", std::chrono::duration<double>(o.tolerance).count()))
        ->run_callback_for_default(false)
        ->option_text("S");
    add_notes(command, o.notes);
    add_list_options(command, o.wanted);
    add_row_options(command, o.wanted);
    for (CLI::Option* const each : command.get_options([](const CLI::Option* option) {
             return option->get_group() == "Lists" || option->get_group() == "Selection";
         }))
        each->needs(lists);
}

// Runs a check to its end. Nothing: it could not be made, the user was told why, and `status` is the exit status.
template <class Counts> std::optional<Counts> result_of(asio::awaitable<Counts> check, terminal& screen, int& status)
{
    asio::io_context io{1};
    std::exception_ptr failed;
    Counts counts;
    asio::co_spawn(io, std::move(check), [&](std::exception_ptr e, const Counts& all) {
        failed = e;
        counts = all;
    });
    io.run();
    screen.clear();
    try {
        if (failed) std::rethrow_exception(failed);
        return counts;
    } catch (const usage_error& e) {
        print_error(e.what());
        status = exit_status::usage;
    } catch (const std::exception& e) {
        print_error(fmt::format("the check ended early: {}; nothing was changed, run it again", e.what()));
        status = exit_status::stopped;
    }
    return std::nullopt;
}

// Shows how far a check is, now and then.
class progress_line {
public:
    explicit progress_line(terminal& screen) : screen_(screen) {}

    template <class Counts> void show(const Counts& so_far)
    {
        const steady::time_point now = steady::now();
        if (shown_ && now - *shown_ < screen_.interval()) return;
        shown_ = now;
        screen_.show(so_far, std::chrono::duration<double>(now - begun_).count());
    }

private:
    terminal& screen_;
    const steady::time_point begun_ = steady::now();
    std::optional<steady::time_point> shown_{};
};

// Findings are the output; how far it is is for somebody who looks on, and for no log.
int verify_ledger(const verify_arguments& arguments, terminal& screen)
{
    folder_check_options options = arguments.check;
    options.worker = own_program();
    options.on_finding = [&](const file_finding& found) {
        screen.clear();
        print_finding(found, true, arguments.format);
    };
    progress_line line(screen);
    options.on_looked = [&line](const folder_check& so_far) { line.show(so_far); };
    int status = exit_status::all_stored;
    const auto counts = result_of(check_folder(std::move(options)), screen, status);
    if (!counts) return status;
    status = counts->all_fine() ? exit_status::all_stored : exit_status::some_failed;
    print_counts(*counts, arguments.check, status, arguments.format);
    return status;
}

int verify_dataset(const verify_arguments& arguments, terminal& screen)
{
    dataset_check_options options = arguments.dataset;
    options.folder = arguments.check.folder;
    options.verify_fully = arguments.check.verify_fully;
    options.jobs = arguments.check.jobs;
    options.worker = own_program();
    options.on_finding = [&](const dataset_finding& found) {
        screen.clear();
        print_finding(found, found.is_fault, arguments.format);
    };
    options.on_message = [&screen](severity how, const std::string& text) { screen.message(how, text); };
    progress_line line(screen);
    options.on_looked = [&line](const dataset_check& so_far) { line.show(so_far); };
    const dataset_check_options checked = options;
    int status = exit_status::all_stored;
    const auto counts = result_of(check_dataset(std::move(options)), screen, status);
    if (!counts) return status;
    status = counts->faults == 0 ? exit_status::all_stored : exit_status::some_failed;
    print_counts(*counts, checked, status, arguments.format);
    return status;
}

}  // namespace

CLI::App* add_verify(CLI::App& program, verify_arguments& arguments)
{
    CLI::App* const command =
        program.add_subcommand("verify", "Check the clips of a folder, with its ledger, lists, or neither");
    command->footer(
        "Needs no network and changes nothing in the folder. No run may be at work in it.\n\n"
        "A folder of `reelpipe download` is compared with its ledger: frames, duration,\n"
        "streams, bytes of every clip, missing files, and .mp4 files that the ledger does\n"
        "not know. To make bad clips again, remove their files and run the same download\n"
        "again:\n\n"
        "  reelpipe verify clips/ --json |\n"
        "      jq -r 'select(.what == \"wrong\" or .what == \"incomplete\").file' |\n"
        "      (cd clips && xargs -rd '\\n' rm --)\n\n"
        "Any other folder, or one with --list, has its files checked: MP4, MKV, WebM, AVI\n"
        "and others, made by anyone. Names such as ID_000001_000011.mp4, in any folders,\n"
        "say which clip a file is. Finds files that are truncated, undecodable,\n"
        "too_short, too_long, misnamed, mislabeled, duplicate, no_video or unreadable,\n"
        "and clips of the lists that are missing. silent (no audio), unlisted and untimed\n"
        "are only counted.\n\n"
        "  reelpipe verify k400/ --list train.csv --list val.csv --csv > bad.csv\n\n"
        "Prints a line for each bad file: what is wrong, and what to do.\n"
        "Exit status: 0 all is fine; 1 something is not; 2 wrong usage, or a run is at\n"
        "work; 3 the check ended early.");
    command->add_option("DIR", arguments.check.folder, "the folder")->required();
    add_verify_depth(*command, arguments.check.verify_fully);
    add_jobs(*command, arguments.check.jobs, "files to check at a time");
    CLI::Option* const json = command->add_flag_callback(
        "--json", [&arguments] { arguments.format = finding_format::json; },
        "print JSON objects, one a line: one for each finding, and one at the end");
    command
        ->add_flag_callback(
            "--csv", [&arguments] { arguments.format = finding_format::csv; },
            "print a table of the findings; the counts go to the standard error stream")
        ->excludes(json);
    add_dataset_options(*command, arguments.dataset);
    return command;
}

int run_verify(const verify_arguments& arguments)
{
    std::error_code none;
    const bool has_ledger = std::filesystem::exists(arguments.check.folder / ".reelpipe" / "ledger.sqlite", none);
    terminal screen(isatty(STDERR_FILENO) ? progress_style::bar : progress_style::none, severity::note);
    print_head(arguments.format);
    return has_ledger && arguments.dataset.wanted.lists.empty() ? verify_ledger(arguments, screen)
                                                                : verify_dataset(arguments, screen);
}

}  // namespace reelpipe::cli
