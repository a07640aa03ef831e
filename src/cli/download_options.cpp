#include "cli/download_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <system_error>

#include "cli/choice.hpp"

namespace reelpipe::cli {

namespace {

// Seconds, with a fraction where `Duration` has one.
template <class Duration>
CLI::Option* add_seconds(CLI::App& command, const std::string& name, Duration& value, const std::string& description,
                         double least = 0, double most = 1e6)
{
    using seconds = std::chrono::duration<double>;
    return command
        .add_option_function<double>(
            name, [&value](double s) { value = std::chrono::duration_cast<Duration>(seconds(s)); }, description)
        ->check(CLI::Range(least, most))
        ->default_str(fmt::format("{:g}", seconds(value).count()))
        ->run_callback_for_default(false)
        ->option_text("S");
}

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

// "Name: value", as it goes out.
std::string header_line(const std::string& text)
{
    const auto colon = text.find(':');
    const auto value = colon == text.npos ? text.npos : text.find_first_not_of(" \t", colon + 1);
    const bool is_clean = text.find_first_of("\r\n") == text.npos && text.find_first_of(" \t") > colon;
    if (colon == 0 || value == text.npos || !is_clean)
        throw CLI::ValidationError("--header", "'" + text.substr(0, colon) + "' is not a header NAME:VALUE");
    return text.substr(0, colon) + ": " + text.substr(value);
}

// "KEY=JSON", laid over those before it.
void add_parameter(std::string& parameters, const std::string& text)
{
    const auto sign = text.find('=');
    const std::string key = text.substr(0, sign);
    const nlohmann::json value =
        sign == text.npos ? nlohmann::json() : nlohmann::json::parse(text.substr(sign + 1), nullptr, false);
    if (sign == text.npos || sign == 0 || value.is_discarded())
        throw CLI::ValidationError("--yt-dlp-option",
                                   "'" + key + "' is not followed by = and a value in JSON; text needs double quotes");
    nlohmann::json all = parameters.empty() ? nlohmann::json::object() : nlohmann::json::parse(parameters);
    all[key] = value;
    parameters = all.dump();
}

}  // namespace

double parse_rate(const std::string& text)
{
    char* end = nullptr;
    const double rate = std::strtod(text.c_str(), &end);
    const std::string unit(end);
    if (end == text.c_str() || !(rate >= 0 && rate < 1e9) || !(unit.empty() || unit == "/h"))
        throw CLI::ValidationError("--resolve-rate", "'" + text + "' is not a rate such as 200/h; 0 means unlimited");
    return rate;
}

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
        .add_option("--retry", o.retry,
                    "try clips again that failed before: soft, permanent, or reasons as the report names them")
        ->delimiter(',')
        ->option_text("WHICH")
        ->group("Selection");
}

// Keys do not belong on a command line, which everybody on the machine can read. The names are those of Amazon's own
// tools.
void read_keys(s3_access& access)
{
    const auto read = [](std::string& value, const char* name) {
        const char* const text = std::getenv(name);
        if (text && *text) value = text;
    };
    read(access.access_key, "AWS_ACCESS_KEY_ID");
    read(access.secret_key, "AWS_SECRET_ACCESS_KEY");
    read(access.session_token, "AWS_SESSION_TOKEN");
    read(access.region, "AWS_DEFAULT_REGION");
    read(access.region, "AWS_REGION");
    read(access.endpoint, "AWS_ENDPOINT_URL");
}

void add_source_options(CLI::App& command, source_options& o)
{
    constexpr const char* group = "Source";
    command
        .add_option_function<std::string>(
            "--source",
            [&o](const std::string& name) {
                o.name = name;
                if (name.starts_with("s3://")) read_keys(o.s3);
            },
            "youtube; a URL such as https://mirror/{id}.mp4 or .m3u8; {id} alone if the ids are URLs; a folder of "
            "videos named by id; clips:FOLDER for clips of other tools, named ID_START_END.mp4; archive:FILE for tar "
            "and "
            "zip files of videos or such clips, with * and ? for several; s3://BUCKET/KEY with {id} in the key, and "
            "keys "
            "in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or a file of URLs with one JSON object a line: {\"id\": "
            "..., \"url\": ...}")
        ->default_str(o.name)
        ->run_callback_for_default(false)
        ->option_text("WHERE")
        ->group(group);
    command.add_option("--url-base", o.url_base, "what precedes the id in the URL of a page")
        ->capture_default_str()
        ->option_text("URL")
        ->group(group);
    command
        .add_option("--format", o.format,
                    "yt-dlp format selector. Of alternatives separated by commas, the one with the greatest height is "
                    "taken, at equal heights the one with fewer bytes (default: H.264 as separate video and audio or "
                    "as one file, HLS if there is nothing else)")
        ->option_text("SELECTOR")
        ->group(group);
    command
        .add_option_function<std::vector<std::string>>(
            "--header",
            [&o](const std::vector<std::string>& all) {
                for (const std::string& each : all) o.headers.push_back(header_line(each));
            },
            "header to send with each request, for URL templates and files of URLs; repeatable. A host that a redirect "
            "leads to gets only User-Agent, Referer, Origin and those that begin with Accept or Sec-Fetch-")
        ->option_text("NAME:VALUE")
        ->allow_extra_args(false)
        ->group(group);
    command.add_option("--max-height", o.max_height, "largest height of the video, in pixels")
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command.add_option("--cookies", o.cookies, "cookies for yt-dlp, in Netscape format")
        ->check(CLI::ExistingFile)
        ->option_text("FILE")
        ->group(group);
    command
        .add_option("--proxy", o.proxies,
                    "proxy for pages and media. Repeat it for several proxies: each has its own quota, cookies and "
                    "workers, and a video is fetched through the proxy that found it")
        ->option_text("URL")
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option_function<std::string>(
            "--resolve-rate", [&o](const std::string& text) { o.resolve_rate = parse_rate(text); },
            "videos an hour to ask for, per proxy (default: 240 for YouTube, which blocks guests at about 300; "
            "unlimited elsewhere)")
        ->option_text("N/h")
        ->group(group);
    add_seconds(command, "--max-wait", o.max_wait, "how long to wait for a block to end; 0: end the run at once")
        ->group(group);
    add_seconds(command, "--block-pause", o.block_pause,
                "pause before the first probe of a block; it doubles with each failed probe (default: 10 s to 15 min, "
                "depending on the block)")
        ->default_str("")
        ->group(group);
    command
        .add_option("--yt-dlp", o.yt_dlp,
                    "yt-dlp to use: program, zipapp or module folder. A program without a Python module costs a new "
                    "process per video")
        ->option_text("PATH")
        ->group(group);
    command.add_option("--python", o.python, "Python that runs yt-dlp")->option_text("PATH")->group(group);
    command
        .add_option_function<std::vector<std::string>>(
            "--yt-dlp-option",
            [&o](const std::vector<std::string>& all) {
                for (const std::string& each : all) add_parameter(o.yt_dlp_parameters, each);
            },
            "parameter of yt-dlp's class YoutubeDL as KEY=JSON, repeatable, such as "
            "'extractor_args={\"youtube\": {\"player_client\": [\"visionos\"]}}'. The ledger keeps it without tokens "
            "and "
            "passwords")
        ->option_text("KEY=JSON")
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option(
            "--yt-dlp-cache", o.yt_dlp_cache,
            "folder in which yt-dlp keeps what it fetches for itself, such as the solver script (default: it keeps "
            "nothing)")
        ->option_text("DIR")
        ->group(group);
    command
        .add_option(
            "--extractors", o.extractors,
            "yt-dlp's extractors to use, by name: 'vimeo', 'dailymotion,generic', or all (default: YouTube, and "
            "pages with a <video>)")
        ->option_text("NAMES")
        ->group(group);
    command
        .add_option("--resolvers", o.resolvers,
                    "videos to ask for at a time, each in a yt-dlp process (1-64; default: 2 for YouTube, 8 for other "
                    "sites)")
        ->check(CLI::Range(1, 64))
        ->default_str("")
        ->option_text("N")
        ->group(group);
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
                         "segment. smart: copy H.264 from the first IDR frame of the segment on, and re-encode only "
                         "what comes before (everything, if that cannot be proven right)")
        ->group(group);
    CLI::Option* const preset = command.add_option("--preset", o.preset, "libx264 preset");
    preset->capture_default_str()->option_text("NAME")->group(group);
    CLI::Option* const crf = command.add_option("--crf", o.crf, "libx264 quality (0-51); lower is better");
    crf->check(CLI::Range(0, 51))->capture_default_str()->option_text("N")->group(group);
    command.add_option("--gop", o.gop, "at most N frames from one key frame to the next (default: libx264's own)")
        ->check(CLI::Range(1, 100000))
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
    command
        .add_option("--short-side", o.short_side,
                    "scale larger frames down so that the shorter side has N pixels (16-8192)")
        ->check(CLI::Range(16, 8192))
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
    add_verify_depth(command, o.verify_fully)->group(group);
    // The library's options do not show whether a default was asked for; the command line's do.
    command.parse_complete_callback([&o, preset, crf] {
        for (const CLI::Option* const each : {preset, crf})
            if (o.mode == cut_mode::lossless && each->count() > 0)
                throw CLI::ValidationError(each->get_name(), "--cut lossless encodes nothing: leave it out");
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
    command.add_flag("--mixed", o.mixed, "allow clips made with different options in one folder")->group(group);
    command
        .add_option("--trace", o.trace,
                    "write a timeline of all resolvers, transfers and workers (Chrome trace events) for "
                    "https://ui.perfetto.dev")
        ->option_text("FILE")
        ->group(group);
}

}  // namespace reelpipe::cli
