#include "cli/explain_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "reelpipe/download.hpp"

#include "cli/counted.hpp"
#include "cli/download_command.hpp"
#include "cli/printing.hpp"
#include "cli/terminal.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;

const char* word_of(clip_history::file_state state)
{
    switch (state) {
        case clip_history::file_state::none:
            return "missing";
        case clip_history::file_state::as_stored:
            return "as stored";
        case clip_history::file_state::changed:
            return "changed";
    }
    return "";
}

std::string outcome_text(const clip_history& h)
{
    if (!h.has_outcome) return "pending: no attempt has come to an end\n";
    std::string text;
    if (h.failed)
        text += fmt::format("failed: {} ({}): {}\n  {}\n", to_string(*h.failed), to_string(class_of(*h.failed)),
                            in_one_line(h.message), explain(*h.failed));
    if (h.stored)
        text +=
            fmt::format("stored: {}, {}, {:.2f} s, {}, {} bytes\n  the file {} is {}\n", in_one_line(h.file.string()),
                        counted(static_cast<std::uint64_t>(h.stored->frames), "frame"), h.stored->duration_s,
                        h.stored->streams, h.stored->bytes, in_one_line(h.file.string()), word_of(h.on_disk));
    if (h.stored && !h.message.empty()) text += fmt::format("  {}\n", in_one_line(h.message));
    return text + fmt::format("  {} UTC, run {}, reelpipe {}{}{}; {}, {:.1f} MB fetched for the video\n", h.recorded,
                              h.run, h.reelpipe, h.resolver.empty() ? "" : ", ", h.resolver,
                              counted(h.attempts, "attempt"), static_cast<double>(h.fetched) / megabyte);
}

std::string text_of(const clip_history& h)
{
    std::string text = fmt::format("clip {}\n", in_one_line(h.id));
    if (h.has_outcome)
        text += fmt::format("  {} from {} s to {} s, label '{}'\n", in_one_line(h.clip.video),
                            in_seconds(h.clip.wanted.start), in_seconds(h.clip.wanted.end), in_one_line(h.clip.label));
    text += outcome_text(h);
    if (!h.failed_attempts.empty()) text += "attempts that failed:\n";
    for (const auto& each : h.failed_attempts)
        text += in_one_line(fmt::format("  {}  run {}, attempt {}  {}{}{}: {}", each.at, each.run, each.number,
                                        each.address, each.address.empty() ? "" : "  ", to_string(each.why),
                                        each.message)) +
                "\n";
    for (const std::string& each : h.warnings) text += fmt::format("yt-dlp warned: {}\n", in_one_line(each));
    return text + fmt::format("next: {}\n", what_next(h));
}

}  // namespace

ordered_json json_of(const clip_history& h)
{
    ordered_json one{{"clip", h.id}, {"video", h.clip.video}};
    if (h.has_outcome) {
        one["start"] = in_seconds(h.clip.wanted.start);
        one["end"] = in_seconds(h.clip.wanted.end);
        one["label"] = h.clip.label;
        one["outcome"] = h.failed ? "failed" : "stored";
        one["recorded"] = h.recorded;
        one["run"] = h.run;
        one["attempts"] = h.attempts;
        one["fetched"] = h.fetched;
    } else {
        one["outcome"] = "pending";
    }
    if (h.failed) {
        one["reason"] = to_string(*h.failed);
        one["class"] = to_string(class_of(*h.failed));
    }
    if (h.stored) {
        one["file"] = h.file.string();
        one["on_disk"] = word_of(h.on_disk);
        one["bytes"] = h.stored->bytes;
        one["frames"] = h.stored->frames;
        one["duration_s"] = h.stored->duration_s;
        one["missing_s"] = h.stored->missing_s;
        one["streams"] = h.stored->streams;
        if (h.stored->copied > 0) one["copied"] = h.stored->copied;
        if (!h.stored->encoded_because.empty()) one["encoded_because"] = h.stored->encoded_because;
    }
    if (!h.message.empty()) one["message"] = h.message;
    ordered_json attempts = ordered_json::array();
    for (const auto& each : h.failed_attempts)
        attempts.push_back({{"at", each.at},
                            {"run", each.run},
                            {"number", each.number},
                            {"address", each.address},
                            {"reason", to_string(each.why)},
                            {"message", each.message}});
    one["failed_attempts"] = std::move(attempts);
    if (!h.warnings.empty()) one["warnings"] = h.warnings;
    if (!h.metadata.empty()) one["metadata"] = ordered_json::parse(h.metadata, nullptr, false);
    one["next"] = what_next(h);
    return one;
}

CLI::App* add_explain(CLI::App& program, explain_arguments& arguments)
{
    CLI::App* const command =
        program.add_subcommand("explain", "Show all that is known of one clip, and what comes next");
    command->footer(
        "Reads the ledger of a folder of `reelpipe download -o DIR`, even during a run.\n"
        "In front of an id that begins with '-', write '--'.");
    command->add_option("DIR", arguments.folder, "the output folder")->required();
    command
        ->add_option("CLIP", arguments.clip,
                     "the clip's id, as in download_report.json; its file; or a video's id: all of its clips")
        ->required();
    command->add_flag("--json", arguments.json, "print JSON");
    return command;
}

int run_explain(const explain_arguments& arguments)
try {
    const std::vector<clip_history> all = explain_clip(arguments.folder, arguments.clip);
    std::string text;
    if (arguments.json) {
        ordered_json clips = ordered_json::array();
        for (const clip_history& each : all) clips.push_back(json_of(each));
        text = clips.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    } else {
        for (const clip_history& each : all) text += (text.empty() ? "" : "\n") + text_of(each);
    }
    print(stdout, text);
    return exit_status::all_stored;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

}  // namespace reelpipe::cli
