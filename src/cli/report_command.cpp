#include "cli/report_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "reelpipe/download.hpp"
#include "reelpipe/folder_page.hpp"
#include "reelpipe/folder_report.hpp"
#include "reelpipe/usage_error.hpp"

#include "cli/clip_table.hpp"
#include "cli/counted.hpp"
#include "cli/download_command.hpp"
#include "cli/own_program.hpp"
#include "cli/printing.hpp"
#include "cli/terminal.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;

constexpr int max_frames = 200;  // more would make the page too large

std::uint64_t failed_in(const folder_report& report)
{
    std::uint64_t sum = 0;
    for (const auto& group : report.failed) sum += group.count;
    return sum;
}

std::string json_of(const folder_report& report)
{
    ordered_json failures = ordered_json::array();
    for (const auto& group : report.failed)
        failures.push_back({{"reason", to_string(group.why)},
                            {"class", to_string(class_of(group.why))},
                            {"count", group.count},
                            {"explanation", explain(group.why)},
                            {"example", group.example},
                            {"message", group.message}});
    ordered_json runs = ordered_json::array();
    for (const auto& run : report.runs)
        runs.push_back({{"started", run.started},
                        {"ended", run.ended},
                        {"ending", run.ending},
                        {"reelpipe", run.reelpipe},
                        {"resolver", run.resolver},
                        {"options", ordered_json::parse(run.options, nullptr, false)},
                        {"outcomes", run.outcomes}});
    ordered_json shorter = ordered_json::array();
    for (const auto& clip : report.shorter) shorter.push_back({{"clip", clip.id}, {"missing_s", clip.missing_s}});
    const ordered_json all{{"stored", report.stored},
                           {"bytes", report.bytes},
                           {"frames", report.frames},
                           {"copied", report.copies.copied},
                           {"encoded_as_a_whole", report.copies.whole},
                           {"shorter", shorter},
                           {"failed", failed_in(report)},
                           {"failures", failures},
                           {"options", report.options},
                           {"runs", runs}};
    return all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string one_line(std::string_view text) { return in_one_line(text, 300); }

std::string shorter_text(const folder_report& report)
{
    constexpr std::size_t most = 10;
    const std::size_t count = report.shorter.size();
    if (count == 0) return {};
    std::string text = fmt::format("{} shorter than asked for; `reelpipe explain` says why:\n",
                                   count == 1 ? "1 clip is" : fmt::format("{} clips are", count));
    for (std::size_t i = 0; i < std::min(count, most); ++i)
        text += fmt::format("  {:>7.2f} s missing: {}\n", report.shorter[i].missing_s, one_line(report.shorter[i].id));
    if (count > most) text += fmt::format("  and {} more: --json lists all of them\n", count - most);
    return text;
}

std::string text_of(const folder_report& report)
{
    std::string text =
        fmt::format("{} stored, {:.1f} MB, {}; {} failed\n", counted(report.stored, "clip"),
                    static_cast<double>(report.bytes) / megabyte, counted(report.frames, "frame"), failed_in(report));
    text += copies_text(report.copies);
    text += shorter_text(report);
    for (const auto& group : report.failed) {
        text += fmt::format("  {:>7} {:<18} {:<13} {}\n", group.count, to_string(group.why),
                            to_string(class_of(group.why)), explain(group.why));
        text += fmt::format("          e.g. {}: {}\n", one_line(group.example), one_line(group.message));
    }
    for (const auto& run : report.runs)
        text += fmt::format("run {} to {}: {}, {} outcomes, reelpipe {} {}\n", run.started,
                            run.ended.empty() ? "?" : run.ended, run.ending.empty() ? "no end recorded" : run.ending,
                            run.outcomes, run.reelpipe, run.resolver);
    return text;
}

void write(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) throw std::system_error(errno, std::generic_category(), "write " + path.string());
}

// Gives the number of clips that were to be read and could not.
std::uint64_t write_tables(const report_arguments& arguments)
{
    if (arguments.hashes && arguments.csv.empty() && arguments.jsonl.empty())
        throw usage_error("--hashes needs a table: --csv or --jsonl");
    const auto hashing = arguments.hashes ? std::optional(clip_hashing{.worker = own_program()}) : std::nullopt;
    std::uint64_t unreadable = 0;
    if (!arguments.csv.empty())
        unreadable = write_clip_table(arguments.folder, arguments.csv, table_format::csv, hashing);
    if (!arguments.jsonl.empty())
        unreadable = write_clip_table(arguments.folder, arguments.jsonl, table_format::jsonl, hashing);
    return unreadable;
}

}  // namespace

CLI::App* add_report(CLI::App& program, report_arguments& arguments)
{
    CLI::App* const command = program.add_subcommand("report", "Count the clips of a folder, failed ones by reason");
    command->footer(
        "Reads the ledger of a folder that `reelpipe download -o DIR` filled, even while\n"
        "a run is at work there. Clips that failed with the class soft or permanent are\n"
        "tried again only by `reelpipe download --retry REASON`.\n\n"
        "The web page is one file that asks nothing of any network. Its frames are\n"
        "decoded in sandboxed worker processes.\n\n"
        "Tables have a row for each clip that is stored or failed. If FILE is -, the\n"
        "table is printed instead of the summary. So that no text is a formula in a\n"
        "spreadsheet, CSV fields that begin with = + - @ ' or a tab get a ' in front.");
    command->add_option("DIR", arguments.folder, "the output folder")->required();
    command->add_flag("--json", arguments.json, "print JSON");
    command
        ->add_option("--html", arguments.html,
                     "also write a web page: charts, a frame of some clips, failures to search")
        ->option_text("FILE");
    command
        ->add_option("--frames", arguments.frames,
                     "frames of clips on that page, drawn by chance, about as many of each label; short and odd clips "
                     "come on top (0: none)")
        ->option_text("N")
        ->check(CLI::Range(0, max_frames));
    command->add_option("--csv", arguments.csv, "also write a table, a row for each clip")->option_text("FILE");
    command->add_option("--jsonl", arguments.jsonl, "the same as JSON objects, one a line")->option_text("FILE");
    command->add_flag("--hashes", arguments.hashes,
                      "read all clips, in sandboxed processes, for the columns sha256 and video_sha256 of the table");
    return command;
}

int run_report(const report_arguments& arguments)
try {
    const std::uint64_t unreadable = write_tables(arguments);
    folder_report report;
    if (arguments.html.empty()) {
        report = report_on(arguments.folder);
    } else {
        folder_page page = page_on({.folder = arguments.folder, .worker = own_program(), .frames = arguments.frames});
        write(arguments.html, page.html);
        report = std::move(page.report);
    }
    if (arguments.csv != "-" && arguments.jsonl != "-")
        print(stdout, arguments.json ? json_of(report) : text_of(report));
    if (unreadable == 0) return exit_status::all_stored;
    print(stderr, fmt::format("{} missing or damaged: no hashes; `reelpipe verify` says why\n",
                              unreadable == 1 ? "1 clip is" : fmt::format("{} clips are", unreadable)));
    return exit_status::some_failed;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

}  // namespace reelpipe::cli
