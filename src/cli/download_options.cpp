#include "cli/download_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "cli/choice.hpp"

namespace reelpipe::cli {

namespace {

void read_shard(const std::string& text, wanted_options& o)
{
    const char* const end = text.data() + text.size();
    const auto [slash, no_part] = std::from_chars(text.data(), end, o.shard);
    const bool has_slash = no_part == std::errc{} && slash != end && *slash == '/';
    const auto [rest, no_count] = std::from_chars(has_slash ? slash + 1 : end, end, o.shards);
    if (!has_slash || no_count != std::errc{} || rest != end || o.shard == 0 || o.shard > o.shards)
        throw CLI::ValidationError("--shard", "'" + text + "' is not a part I/N with 1 <= I <= N, such as 2/8");
}

double parse_request_rate(const std::string& text)
{
    char* end = nullptr;
    const double rate = std::strtod(text.c_str(), &end);
    const std::string unit(end);
    if (end == text.c_str() || !(rate > 0 && rate < 1e6) || !(unit.empty() || unit == "/s"))
        throw CLI::ValidationError("--request-rate", "'" + text + "' is not a rate such as 10/s or 0.5/s");
    return rate;
}

}  // namespace

CLI::Option* add_lists(CLI::App& command, std::vector<std::string>& lists)
{
    return command
        .add_option("LIST", lists,
                    "annotation lists: Kinetics, ActivityNet, AudioSet, AVA, HACS, VGGSound, Panda-70M and others, or "
                    "tables that name their columns, compressed or not; - reads the standard input")
        ->required()
        ->configurable(false);
}

void add_list_options(CLI::App& command, wanted_options& o)
{
    constexpr const char* group = "Lists";
    command
        .add_option("--list-format", o.list_format,
                    "format of the lists instead of the one that is recognised: csv, json, jsonl, audioset, ava, "
                    "vggsound, panda, urls or names")
        ->option_text("NAME")
        ->group(group);
    command
        .add_option("--columns", o.columns,
                    "what the columns are, by name or number: id=NAME,start=NAME,end=NAME, with duration= in place of "
                    "end=, and perhaps label=, split= and unit=s, ms or us")
        ->option_text("WHICH")
        ->group(group);
    add_seconds(command, "--window", o.window,
                "length of clips if the list gives only one time, as AVA and VGGSound do", 0.001, 86400)
        ->group(group);
    command
        .add_flag("--negatives", o.negatives,
                  "also take rows that say that their label is absent from the clip (HACS Clips)")
        ->group(group);
}

void add_row_options(CLI::App& command, wanted_options& o)
{
    constexpr const char* group = "Selection";
    command.add_option("--split", o.split, "only rows of this split; val, validate and validation mean the same")
        ->option_text("NAME")
        ->group(group);
    command
        .add_option("--labels", o.labels,
                    "only rows with one of these labels; '*' and '?' match several, a label with a comma needs quotes, "
                    "@FILE has a label a line")
        ->allow_extra_args(false)
        ->option_text("A,B")
        ->group(group);
    command.add_option("--only", o.only, "only clips or ids that this list names")
        ->allow_extra_args(false)
        ->option_text("LIST")
        ->group(group);
    command.add_option("--exclude", o.exclude, "leave out the clips or ids that these lists name")
        ->option_text("LIST")
        ->group(group);
    command.add_flag("--cc-only", o.cc_only, "only rows whose column is_cc says 1 (Creative Commons)")->group(group);
    command
        .add_option("--per-label", o.per_label,
                    "only N rows of each label: the first ones or, with --seed, random ones")
        ->check(CLI::Range(1L, 1'000'000'000L))
        ->option_text("N")
        ->group(group);
    command.add_option("--sample", o.sample, "only N random rows")
        ->check(CLI::Range(1L, 1'000'000'000L))
        ->option_text("N")
        ->group(group);
    command
        .add_option("--seed", o.seed,
                    "number that chooses the random rows of --sample and --per-label; the same number chooses the same "
                    "rows on every machine")
        ->option_text("N")
        ->group(group);
    command.add_option("--limit", o.limit, "only the first N rows that are left")
        ->check(CLI::Range(1L, 1'000'000'000L))
        ->option_text("N")
        ->group(group);
    command
        .add_option_function<std::string>(
            "--shard", [&o](const std::string& text) { read_shard(text, o); },
            "only part I of N, counted from 1; give each machine one part. All clips of a video are in the same part")
        ->option_text("I/N")
        ->group(group);
}

void add_wanted_options(CLI::App& command, wanted_options& o)
{
    add_list_options(command, o);
    add_row_options(command, o);
    command
        .add_option("--like", o.like,
                    "in place of a LIST: exactly the clips that a manifest of another folder has stored")
        ->option_text("MANIFEST")
        ->group("Lists");
    command
        .add_option("--retry", o.retry,
                    "try clips again that failed before: soft, permanent, or reasons as the report names them")
        ->delimiter(',')
        ->option_text("WHICH")
        ->group("Selection");
}

void add_fetch_options(CLI::App& command, fetch_options& o)
{
    constexpr const char* group = "Network";
    command.add_option("--connections", o.connections, "simultaneous transfers (1-4096)")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command.add_option("--connections-per-host", o.connections_per_host, "at most N of them to one host; 0: no limit")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command
        .add_option_function<std::string>(
            "--request-rate", [&o](const std::string& text) { o.requests_per_second = parse_request_rate(text); },
            "requests a second to each host of media (default: as many as the host grants)")
        ->option_text("N/s")
        ->group(group);
    command.add_option("--user-agent", o.user_agent, "what to call this program (default: reelpipe/VERSION)")
        ->option_text("TEXT")
        ->group(group);
    command.add_option("--limit-rate", o.rate_limit, "bytes a second of all transfers together, such as 500K or 2M")
        ->transform(CLI::AsSizeValue(false))
        ->option_text("BYTES")
        ->group(group);
    add_seconds(command, "--timeout", o.timeout,
                "retry a transfer that gets no answer, or almost no bytes, for this long", 1, 3600)
        ->group(group);
    command
        .add_option("--tmp-limit", o.tmp_limit,
                    "size of temporary files, such as 2G, at which all videos but the oldest wait; 0: no limit")
        ->transform(CLI::AsSizeValue(false))
        ->default_str("8G")
        ->run_callback_for_default(false)
        ->option_text("BYTES")
        ->group(group);
    command
        .add_flag("--allow-private", o.allow_private,
                  "let redirects, pages and playlists lead to private addresses. What --source names is always "
                  "allowed")
        ->group(group);
    command.add_option("--attempts", o.attempts, "attempts for temporary errors (1-100)")
        ->check(CLI::Range(1, 100))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    add_seconds(command, "--backoff", o.backoff,
                "shortest pause before the second attempt; the longest is twice that. It doubles with each further "
                "attempt, up to 5 minutes",
                0, 150)
        ->group(group);
    command.add_option("--tmp-dir", o.tmp_dir, "folder for temporary files (default: inside the output folder)")
        ->option_text("DIR")
        ->group(group);
}

void add_cut_options(CLI::App& command, cut_options& o)
{
    constexpr const char* group = "Cutting";
    add_choice<cut_mode>(command, "--cut", o.mode,
                         {{"encode", cut_mode::encode}, {"lossless", cut_mode::lossless}, {"smart", cut_mode::smart}},
                         "encode: re-encode the frames. lossless: copy packets; edit lists hide the frames around the "
                         "segment. smart: copy H.264 from the first IDR frame of the segment on, and re-encode what "
                         "comes before and a few frames at the end (everything, if that cannot be proven right)")
        ->group(group);
    const auto is_for_training = std::make_shared<bool>(false);
    CLI::Option* const use =
        add_choice<bool>(command, "--for", *is_for_training, {{"training", true}},
                         "training: clips from which random frames are read fast. It stands for --gop 12 --tune "
                         "fastdecode --pixels square; an option that is given as well goes before it");
    use->group(group);
    CLI::Option* const preset = command.add_option("--preset", o.preset, "libx264 preset");
    preset->capture_default_str()->option_text("NAME")->group(group);
    CLI::Option* const crf = command.add_option("--crf", o.crf, "libx264 quality (0-51); lower is better");
    crf->check(CLI::Range(0, 51))->capture_default_str()->option_text("N")->group(group);
    CLI::Option* const tune =
        command.add_option("--tune", o.tune,
                           "libx264 tune, such as film, animation or fastdecode, whose frames take half the time to "
                           "decode (default: none)");
    tune->option_text("NAME")->group(group);
    CLI::Option* const gop =
        command.add_option("--gop", o.gop, "at most N frames from one key frame to the next (default: libx264's own)");
    gop->check(CLI::Range(1, 100000))->option_text("N")->group(group);
    command.add_option("--bframes", o.b_frames, "at most N B-frames in a row (0-16; default: libx264's own)")
        ->check(CLI::Range(0, 16))
        ->option_text("N")
        ->group(group);
    command
        .add_option(
            "--x264-params", o.x264_params,
            "name=value:name=value for libx264, such as cpu-independent=1, which gives the same bits on different CPUs")
        ->option_text("PARAMS")
        ->group(group);
    command.add_option("--pix-fmt", o.pixel_format, "pixel format of the clip (default: yuv420p)")
        ->option_text("FORMAT")
        ->group(group);
    add_choice<bool>(
        command, "--range", o.limited_range, {{"source", false}, {"tv", true}},
        "source: full-range frames (phones, action cameras) stay full-range and are tagged so. tv: convert "
        "them to limited range")
        ->group(group);
    command.add_option("--short-side", o.short_side, "scale down to a shorter side of N pixels (16-8192)")
        ->check(CLI::Range(16, 8192))
        ->option_text("N")
        ->group(group);
    CLI::Option* const pixels = add_choice<bool>(
        command, "--pixels", o.square_pixels, {{"source", false}, {"square", true}},
        "source: pixels keep their shape. square: frames of other pixels (DVDs, DV cameras) are scaled "
        "to the width that they are shown with");
    pixels->group(group);
    command
        .add_option("--mod", o.multiple,
                    "crop width and height to multiples of N, such as 16, around the centre (default: to even ones)")
        ->check(CLI::Range(2, 128))
        ->option_text("N")
        ->group(group);
    command
        .add_option("--fps", o.frame_rate, "frame rate of the clip, such as 25 or 30000/1001 (default: the video's)")
        ->option_text("F")
        ->group(group);
    command
        .add_option("--filter", o.filter,
                    "libavfilter graph between decoder and encoder, before --short-side, such as 'yadif,crop=ih:ih'")
        ->option_text("GRAPH")
        ->group(group);
    add_choice<audio_choice>(command, "--audio", o.audio,
                             {{"copy", audio_choice::copy}, {"aac", audio_choice::aac}, {"none", audio_choice::none}},
                             "copy: copy audio that MP4 can carry, otherwise encode to AAC. aac: always encode to AAC. "
                             "none: leave audio out")
        ->group(group);
    command.add_flag("--keep-corrupt", o.keep_corrupt, "keep frames with decode errors instead of failing the clip")
        ->group(group);
    command
        .add_flag("--reproducible", o.reproducible,
                  "the same bytes on other CPUs: libx264 works as on any of them, and clips name no library")
        ->group(group);
    add_verify_depth(command, o.verify_fully)->group(group);
    // The library's options do not show whether a default was asked for; the command line's do.
    command.parse_complete_callback([&o, preset, crf, use, tune, gop, pixels, is_for_training] {
        for (const CLI::Option* const each : {preset, crf, use})
            if (o.mode == cut_mode::lossless && each->count() > 0)
                throw CLI::ValidationError(each->get_name(), "--cut lossless encodes nothing: leave it out");
        if (*is_for_training && o.mode != cut_mode::encode)
            throw CLI::ValidationError(use->get_name(), "only --cut encode makes such clips");
        if (!*is_for_training) return;
        if (gop->count() == 0) o.gop = 12;
        if (tune->count() == 0) o.tune = "fastdecode";
        if (pixels->count() == 0) o.square_pixels = true;
    });
}

void add_worker_options(CLI::App& command, worker_options& o, bool& isolate)
{
    constexpr const char* group = "Cutting";
    add_jobs(command, o.jobs, "clips to cut at a time")->group(group);
    add_choice<bool>(command, "--isolate", isolate, {{"process", true}, {"none", false}},
                     "process: read, cut and verify videos in sandboxed worker processes. none: in this process")
        ->group(group);
    add_seconds(command, "--cut-timeout", o.timeout, "longest time to cut one clip in a worker process", 1, 86400)
        ->group(group);
}

void add_output_options(CLI::App& command, output_options& o)
{
    constexpr const char* group = "Output";
    command.add_option("--trim-format", o.trim_format, "format of the times in file names")
        ->capture_default_str()
        ->option_text("FORMAT")
        ->group(group);
    command.add_option("--report", o.report, "report of the run (default: download_report.json in the output folder)")
        ->option_text("FILE")
        ->group(group);
    command
        .add_flag(
            "--frame-index", o.frame_index,
            "write CLIP.frames.json beside each clip: pts, duration and key_frame of all frames, as ffprobe writes "
            "them and torchcodec's custom_frame_mappings takes them")
        ->group(group);
    command.add_flag("--mixed", o.mixed, "allow clips made with different options in one folder")->group(group);
    command
        .add_option("--trace", o.trace,
                    "write a timeline of all resolvers, transfers and workers (Chrome trace events) for "
                    "https://ui.perfetto.dev")
        ->option_text("FILE")
        ->group(group);
}

}  // namespace reelpipe::cli
