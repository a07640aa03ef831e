#include "cli/manifest_command.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/download_command.hpp"
#include "cli/own_program.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;

manifest_summary make_and_write(const manifest_options& options, std::ostream& to)
{
    const manifest_summary summary = make_manifest(options, [&to](std::string_view line) { to << line << '\n'; });
    to.flush();
    return summary;
}

manifest_summary make_file(const manifest_options& options, const std::filesystem::path& file)
{
    const std::filesystem::path unfinished = file.string() + ".part";
    std::ofstream to(unfinished, std::ios::binary);
    if (!to) throw std::system_error(errno, std::generic_category(), "write " + unfinished.string());
    const manifest_summary summary = make_and_write(options, to);
    to.close();
    if (!to) throw std::system_error(errno, std::generic_category(), "write " + unfinished.string());
    std::filesystem::rename(unfinished, file);
    return summary;
}

manifest_summary make_as_told(const manifest_arguments& arguments)
{
    if (arguments.digest) return make_manifest(arguments.made, [](std::string_view) {});
    if (!arguments.file.empty()) return make_file(arguments.made, arguments.file);
    line_printer lines(stdout);
    std::ostream out(&lines);
    return make_and_write(arguments.made, out);
}

ordered_json json_of(const clip_difference& d)
{
    return {{"event", "difference"},
            {"what", to_string(d.what)},
            {"video", d.clip.video},
            {"start", in_seconds(d.clip.wanted.start)},
            {"end", in_seconds(d.clip.wanted.end)},
            {"label", d.clip.label},
            {"detail", d.detail}};
}

ordered_json json_of(const compare_summary& s)
{
    ordered_json all{{"event", "end"}, {"same", s.same}, {"same_by_hash", s.same_by_hash}};
    for (std::size_t i = 0; i < clip_difference::kinds; ++i)
        all[std::string(to_string(static_cast<clip_difference::kind>(i)))] = s.differences[i];
    return all;
}

void show(const clip_difference& d, bool json)
{
    if (json) {
        print(stdout, json_of(d).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
        return;
    }
    const std::string clip = fmt::format("{} {:g}-{:g} '{}'", d.clip.video, in_seconds(d.clip.wanted.start),
                                         in_seconds(d.clip.wanted.end), d.clip.label);
    print(stdout, fmt::format("{:<13} {}{}{}\n", to_string(d.what), in_one_line(clip), d.detail.empty() ? "" : ": ",
                              in_one_line(d.detail)));
}

void show(const compare_summary& s, bool json)
{
    if (json) {
        print(stdout, json_of(s).dump() + "\n");
        return;
    }
    print(stdout, fmt::format("{} stored in both and the same ({} by the hash of all frames, the others by numbers and "
                              "lengths)\n",
                              counted(s.same, "clip"), s.same_by_hash));
    for (std::size_t i = 0; i < clip_difference::kinds; ++i)
        if (s.differences[i] != 0)
            print(stdout,
                  fmt::format("  {:>9} {:<13} {}\n", s.differences[i], to_string(static_cast<clip_difference::kind>(i)),
                              explain(static_cast<clip_difference::kind>(i))));
}

}  // namespace

CLI::App* add_manifest(CLI::App& program, manifest_arguments& arguments)
{
    CLI::App* const command =
        program.add_subcommand("manifest", "Write down which clips a folder has, with hashes of their frames");
    command->footer(
        "Reads every clip of a folder of `reelpipe download -o DIR`, in sandboxed worker\n"
        "processes. Writes a JSON object a line: for each clip that is stored, its length\n"
        "and hashes; for each that failed, the reason. `reelpipe diff` compares them.\n\n"
        "The digest in the last line is one hash of all names and frames: two folders\n"
        "with the same digest have the same clips, whatever their files' times and audio.\n\n"
        "Exit status: 0 all clips were read; 1 some files are missing or damaged; 2 wrong\n"
        "usage.");
    command->add_option("DIR", arguments.made.folder, "the folder")->required();
    CLI::Option* const file = command->add_option("-o,--output", arguments.file, "where the manifest goes");
    file->option_text("FILE");
    command->add_flag("--digest", arguments.digest, "print only the digest")->excludes(file);
    add_jobs(*command, arguments.made.jobs, "clips to read at a time");
    return command;
}

CLI::App* add_diff(CLI::App& program, diff_arguments& arguments)
{
    CLI::App* const command =
        program.add_subcommand("diff", "Say what one folder or manifest has that another lacks or has differently");
    command->footer(
        "A and B are folders of `reelpipe download -o DIR`, or files of `reelpipe\n"
        "manifest`. Prints a line for each clip that is not the same. Clips are compared\n"
        "by frames, length, size and codec; where both sides have hashes, by the content\n"
        "of all frames. Manifests have hashes; folders have them with --hashes.\n\n"
        "Exit status: 0 no difference; 1 some; 2 wrong usage, or a damaged manifest.");
    command->add_option("A", arguments.compared.first, "a folder or manifest")->required();
    command->add_option("B", arguments.compared.second, "another one")->required();
    command->add_flag("--hashes", arguments.compared.hashes, "read all clips of folders, in sandboxed processes");
    command->add_flag("--json", arguments.json, "print JSON objects, one a line, the counts last");
    add_jobs(*command, arguments.compared.jobs, "clips to read at a time");
    return command;
}

int run_manifest(const manifest_arguments& arguments)
try {
    manifest_arguments those = arguments;
    those.made.worker = own_program();
    const manifest_summary summary = make_as_told(those);
    if (arguments.digest) print(stdout, summary.digest + "\n");
    print(stderr, fmt::format("{} stored, {} failed; {} missing or damaged\n", counted(summary.stored, "clip"),
                              summary.failed, summary.unreadable));
    return summary.unreadable == 0 ? exit_status::all_stored : exit_status::some_failed;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

int run_diff(const diff_arguments& arguments)
try {
    compare_options options = arguments.compared;
    options.worker = own_program();
    options.on_difference = [&arguments](const clip_difference& d) { show(d, arguments.json); };
    const compare_summary summary = compare_clips(options);
    show(summary, arguments.json);
    return summary.total() == 0 ? exit_status::all_stored : exit_status::some_failed;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

}  // namespace reelpipe::cli
