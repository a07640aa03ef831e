#include "cli/export_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>

#include "reelpipe/usage_error.hpp"

#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/download_command.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

std::string text_of(const export_summary& s)
{
    std::string text = fmt::format("{}: ", counted(s.clips, "clip"));
    if (s.packed + s.shards > 0) text += fmt::format("{} packed into {}, ", s.packed, counted(s.shards, "shard"));
    if (s.linked > 0) text += fmt::format("{} linked, ", s.linked);
    if (s.copied > 0) text += fmt::format("{} copied, because the output cannot have links to them, ", s.copied);
    text += fmt::format("{} there before; {} missing, {} not replaced", s.present, s.missing, s.foreign);
    return text + (s.excluded > 0 ? fmt::format("; {} excluded\n", s.excluded) : "\n");
}

}  // namespace

CLI::Option* add_layout(CLI::App& command, export_layout& layout, const std::string& description)
{
    using enum export_layout;
    return add_choice<export_layout>(command, "--layout", layout,
                                     {{"activitynet", activitynet},
                                      {"torchvision", torchvision},
                                      {"mmaction2", mmaction2},
                                      {"slowfast", slowfast},
                                      {"fiftyone", fiftyone},
                                      {"flat", flat},
                                      {"webdataset", webdataset}},
                                     description)
        ->default_str("");
}

CLI::App* add_export(CLI::App& program, export_options& options)
{
    CLI::App* const command = program.add_subcommand("export", "Give the clips of a folder the layout of a trainer");
    command->footer(
        "Makes hard links to the clips of a folder of `reelpipe download -o DIR`, or\n"
        "copies on another file system, and writes the lists of the layout. webdataset\n"
        "packs the clips into tar files.\n\n"
        "  activitynet  LABEL/CLIP.mp4\n"
        "  torchvision  SPLIT/LABEL/CLIP.mp4, labels as datasets.Kinetics spells them\n"
        "  mmaction2    videos_SPLIT/LABEL/CLIP.mp4, SPLIT_list_videos.txt,\n"
        "               label_map.txt\n"
        "  slowfast     SPLIT/LABEL/CLIP.mp4, SPLIT.csv; PyTorchVideo reads it, too\n"
        "  fiftyone     train|validation|test/LABEL/CLIP.mp4\n"
        "  flat         SPLIT/CLIP.mp4, annotations/SPLIT.csv\n"
        "  webdataset   SPLIT-000000.tar, ..., with KEY.mp4 and KEY.json of each clip\n\n"
        "OUT/labels.json says which index and which folder each label has. Nothing in\n"
        "OUT is replaced but shorter lists of the same export. Run it again to go on\n"
        "after a stop, or to add clips that came since.\n"
        "Exit status: 0 all clips are in OUT; 1 some are not, and why is said; 2 wrong\n"
        "usage; 3 the disk stopped it.");
    command->add_option("DIR", options.folder, "the folder of the clips")->required();
    add_layout(*command, options.layout, "folders, names and lists, as below")->required();
    command->add_option("-o,--output", options.output, "another folder; made if need be")
        ->option_text("OUT")
        ->required();
    command->add_option("--exclude", options.exclude, "leave out the clips or ids that these lists name")
        ->option_text("LIST");
    command
        ->add_option("--default-split", options.default_split,
                     "the split of clips whose list has none, such as train, val or test")
        ->option_text("SPLIT");
    command
        ->add_option("--label-map", options.label_map,
                     "all labels in the order of their indices, one a line; default: those of the folder, sorted")
        ->option_text("FILE");
    command->add_option("--shard-clips", options.shard_clips, "webdataset: clips of a tar file")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str()
        ->option_text("N");
    command
        ->add_option("--shard-bytes", options.shard_bytes,
                     "webdataset: a tar file with so many bytes is full, such as 500M")
        ->transform(CLI::AsSizeValue(false))
        ->default_str("1 GB")
        ->run_callback_for_default(false)
        ->option_text("BYTES");
    return command;
}

int run_export(const export_options& arguments)
{
    terminal screen(isatty(STDERR_FILENO) ? progress_style::bar : progress_style::none, severity::note);
    return run_export(arguments, screen);
}

int run_export(const export_options& arguments, terminal& screen)
{
    export_options options = arguments;
    options.on_message = [&screen](severity how, const std::string& text) { screen.message(how, text); };
    try {
        const export_summary summary = export_folder(options);
        const std::string text = text_of(summary);
        print(stdout, text);
        return summary.is_complete() ? exit_status::all_stored : exit_status::some_failed;
    } catch (const usage_error& e) {
        print_error(e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        print_error(fmt::format("the export ended early: {}; run it again to go on", e.what()));
        return exit_status::stopped;
    }
}

}  // namespace reelpipe::cli
