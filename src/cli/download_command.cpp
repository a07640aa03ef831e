#include "cli/download_command.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <asio.hpp>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/choice.hpp"
#include "cli/counted.hpp"
#include "cli/json_log.hpp"

#include "reelpipe/fresh_pages.hpp"

namespace reelpipe::cli {

namespace {

CLI::Option* add_seconds(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                         const std::string& description)
{
    return command
        .add_option_function<double>(
            name, [&value](double s) { value = std::chrono::milliseconds(static_cast<long>(s * 1000)); }, description)
        ->check(CLI::Range(0.0, 1e6))
        ->option_text("S");
}

// Waits that were over before they were cancelled end like any others: `ended` says that there is nothing more to do.

// Shows the progress until the run has ended.
asio::awaitable<void> keep_showing(terminal& screen, const downloader& run, asio::steady_timer& pause,
                                   const bool& ended)
{
    asio::error_code ignored;
    while (!ended) {
        pause.expires_after(screen.interval());
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!ended) screen.show(run.now());
    }
}

// Two chances: finish what is in flight, then drop it. A third signal ends the process as any other's.
asio::awaitable<void> obey_signals(asio::signal_set& signals, downloader& run, terminal& screen, bool& interrupted,
                                   const bool& ended)
{
    asio::error_code ignored;
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (ended) co_return;
    interrupted = true;
    run.drain();
    screen.message(severity::note,
                   fmt::format("interrupted: finishing what was begun, {} at most; once more to drop them",
                               counted(run.now().under_way, "clip")));
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (ended) co_return;
    run.cancel();
    signals.clear();
}

void read_shard(const std::string& text, download_options& o)
{
    const char* const end = text.data() + text.size();
    const auto [slash, no_part] = std::from_chars(text.data(), end, o.shard);
    const bool has_slash = no_part == std::errc{} && slash != end && *slash == '/';
    const auto [rest, no_count] = std::from_chars(has_slash ? slash + 1 : end, end, o.shards);
    if (!has_slash || no_count != std::errc{} || rest != end || o.shard == 0 || o.shard > o.shards)
        throw CLI::ValidationError("--shard", "'" + text + "' is no part I/N with 1 <= I <= N, such as 2/8");
}

int status_of(const download_summary& s, bool interrupted)
{
    if (interrupted) return exit_status::interrupted;
    if (s.stopped_by) return exit_status::stopped;
    return s.totals.failed || s.pending ? exit_status::some_failed : exit_status::all_stored;
}

}  // namespace

double parse_rate(const std::string& text)
{
    char* end = nullptr;
    const double rate = std::strtod(text.c_str(), &end);
    const std::string unit(end);
    if (end == text.c_str() || !(rate >= 0 && rate < 1e9) || !(unit.empty() || unit == "/h"))
        throw CLI::ValidationError("--resolve-rate", "'" + text + "' is no rate like 200/h; 0 is without bounds");
    return rate;
}

CLI::App* add_download(CLI::App& program, download_arguments& arguments)
{
    download_options& o = arguments.run;
    CLI::App* const command = program.add_subcommand("download", "Make verified clips of annotated videos");
    command->footer(
        "Stop it with ^C and run it again to go on: what is stored is not fetched again.\n\n"
        "Exit status: 0 every clip is stored; 1 some failed, the report says which and why; 2 wrong usage or an\n"
        "unreadable list; 3 stopped by the site, the network, the disk or the installation, run again to go on; 130\n"
        "interrupted.");

    command
        ->add_option("LIST", o.lists,
                     "annotation lists: CSV whose first line names youtube_id,time_start,time_end and perhaps "
                     "label,split; - is the standard input")
        ->required();
    command->add_option("-o,--output", o.output, "folder of the clips")->required()->option_text("DIR");
    command->add_option("--split", o.split, "only rows of this split")->group("What");
    command->add_option("--labels", o.labels, "only rows with these labels")
        ->delimiter(',')
        ->option_text("A,B")
        ->group("What");
    command->add_option("--limit", o.limit, "only the first N rows")
        ->check(CLI::Range(1L, 1'000'000'000L))
        ->option_text("N")
        ->group("What");
    command->add_option("--exclude", o.exclude, "lists whose clips (video and times) are not wanted")
        ->option_text("LIST")
        ->group("What");
    command
        ->add_option_function<std::string>(
            "--shard", [&o](const std::string& text) { read_shard(text, o); },
            "only part I of N, from 1: videos are spread by their ids, one part a machine")
        ->option_text("I/N")
        ->group("What");
    command
        ->add_option("--retry", o.retry,
                     "ask again for what failed before: soft, permanent, or reasons as the report names them")
        ->delimiter(',')
        ->option_text("WHICH")
        ->group("What");

    command
        ->add_option(
            "--source", o.source,
            "youtube; a URL such as https://mirror/{id}.mp4 or .m3u8; {id} where ids are URLs themselves; a folder of "
            "videos named by id; or a file of URLs, a JSON object a line: {\"id\": ..., \"url\": ...}")
        ->capture_default_str()
        ->group("Source");
    command->add_option("--url-base", o.url_base, "what stands before the id in a page's URL")
        ->capture_default_str()
        ->group("Source");
    command
        ->add_option(
            "--format", o.format,
            "yt-dlp format selector, of alternatives with commas that of fewer bytes; default: H.264, frames and "
            "audio apart or in one file, HLS if nothing else is left")
        ->option_text("SELECTOR")
        ->group("Source");
    command->add_option("--max-height", o.max_height, "no higher frame than this")
        ->capture_default_str()
        ->group("Source");
    command->add_option("--cookies", o.cookies, "cookies for yt-dlp, Netscape format")
        ->check(CLI::ExistingFile)
        ->option_text("FILE")
        ->group("Source");
    command
        ->add_option(
            "--proxy", o.proxies,
            "proxy for pages and media; given several times, each has a quota, cookies and workers of its own, "
            "and a video's media come through the one that found them")
        ->option_text("URL")
        ->allow_extra_args(false)
        ->group("Source");
    command
        ->add_option_function<std::string>(
            "--resolve-rate", [&o](const std::string& text) { o.resolve_rate = parse_rate(text); },
            "videos asked for in an hour on each way; default: 240 for YouTube, which blocks guests at about 300, and "
            "no "
            "bounds elsewhere")
        ->option_text("N/h")
        ->group("Source");
    add_seconds(*command, "--max-wait", o.max_wait,
                "seconds to wait for a block to end, before the run does; 0: end at once [14400]")
        ->group("Source");
    add_seconds(*command, "--block-pause", o.block_pause,
                "seconds before the first probe of a block; doubles with each that fails [by kind: 10 s to 15 min]")
        ->group("Source");
    command
        ->add_option("--yt-dlp", o.yt_dlp,
                     "the yt-dlp to use: program, zipapp or module folder; a program without a Python module costs a "
                     "new process a video")
        ->option_text("PATH")
        ->group("Source");
    command->add_option("--python", o.python, "the Python to run it with")->option_text("PATH")->group("Source");
    command->add_option("--resolvers", o.resolvers, "yt-dlp processes")
        ->check(CLI::Range(1, 64))
        ->capture_default_str()
        ->group("Source");

    command->add_option("--connections", o.connections, "transfers at once")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str()
        ->group("Fetch");
    command
        ->add_option("--connections-per-host", o.connections_per_host, "no more of them to one host; 0: no such limit")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str()
        ->option_text("N")
        ->group("Fetch");
    command->add_option("--limit-rate", o.rate_limit, "bytes a second of all transfers together, such as 500K or 2M")
        ->transform(CLI::AsSizeValue(false))
        ->option_text("BYTES")
        ->group("Fetch");
    command
        ->add_option_function<long>(
            "--timeout", [&o](long s) { o.timeout = std::chrono::seconds(s); },
            "seconds without an answer or with next to no bytes, after which a transfer is tried again [30]")
        ->check(CLI::Range(1, 3600))
        ->option_text("S")
        ->group("Fetch");
    command
        ->add_option(
            "--tmp-limit", o.tmp_limit,
            "bytes of temporary files from which on all videos but the oldest one wait, such as 2G; 0: none [8G]")
        ->transform(CLI::AsSizeValue(false))
        ->option_text("BYTES")
        ->group("Fetch");
    command
        ->add_flag("--allow-private", o.allow_private,
                   "redirects, pages and playlists may lead to addresses of this machine or network; what "
                   "--source names always may")
        ->group("Fetch");
    command->add_option("--attempts", o.attempts, "tries for what may pass by itself")
        ->check(CLI::Range(1, 100))
        ->capture_default_str()
        ->group("Fetch");
    command
        ->add_option_function<double>(
            "--backoff", [&o](double s) { o.backoff = std::chrono::milliseconds(static_cast<long>(s * 1000)); },
            "seconds at least before the second try, at most twice that; doubles with each further one, to 5 minutes "
            "[1]")
        ->check(CLI::Range(0.0, 150.0))
        ->option_text("S")
        ->group("Fetch");
    command->add_option("--tmp-dir", o.tmp_dir, "for what is fetched; default: inside the output folder")
        ->option_text("DIR")
        ->group("Fetch");

    add_choice<cut_mode>(*command, "--cut", o.mode, {{"encode", cut_mode::encode}, {"lossless", cut_mode::lossless}},
                         "encode anew [the default], or copy the packets and hide the rest by edit lists")
        ->group("Cut");
    command->add_option("--preset", o.preset, "libx264 preset")->capture_default_str()->group("Cut");
    command->add_option("--crf", o.crf, "libx264 quality, lower is better")
        ->check(CLI::Range(0, 51))
        ->capture_default_str()
        ->group("Cut");
    command->add_option("--gop", o.gop, "at most N frames from one key frame to the next; default: libx264's own")
        ->check(CLI::Range(1, 100000))
        ->option_text("N")
        ->group("Cut");
    command->add_option("--pix-fmt", o.pixel_format, "pixel format of the clip [yuv420p]")
        ->option_text("FORMAT")
        ->group("Cut");
    command
        ->add_option("--short-side", o.short_side,
                     "scale frames so that the shorter side has N pixels; smaller ones stay as they are")
        ->check(CLI::Range(16, 8192))
        ->option_text("N")
        ->group("Cut");
    command->add_option("--fps", o.frame_rate, "frame rate of the clip, such as 25 or 30000/1001; default: the video's")
        ->option_text("F")
        ->group("Cut");
    command
        ->add_option("--filter", o.filter,
                     "libavfilter graph between decoder and encoder, before --short-side: 'yadif,crop=ih:ih'")
        ->option_text("GRAPH")
        ->group("Cut");
    add_choice<audio_choice>(
        *command, "--audio", o.audio,
        {{"copy", audio_choice::copy}, {"aac", audio_choice::aac}, {"none", audio_choice::none}},
        "copy the audio where MP4 carries it and make AAC of it else; make AAC of it; leave it out [copy]")
        ->group("Cut");
    command->add_flag("--keep-corrupt", o.keep_corrupt, "keep frames with decode errors instead of failing the clip")
        ->group("Cut");
    add_verify_depth(*command, o.verify_fully)->group("Cut");
    add_jobs(*command, o.jobs, "clips cut at once")->group("Cut");

    add_choice<bool>(*command, "--isolate", arguments.isolate, {{"process", true}, {"none", false}},
                     "where libav works: in processes without rights, or in this one [process]")
        ->group("Cut");
    command
        ->add_option_function<long>(
            "--cut-timeout", [&o](long s) { o.cut_timeout = std::chrono::seconds(s); },
            "seconds that cutting one clip may take in its process [600]")
        ->check(CLI::Range(1L, 86400L))
        ->option_text("S")
        ->group("Cut");

    command->add_option("--trim-format", o.trim_format, "how times stand in file names")
        ->capture_default_str()
        ->group("Output");
    command->add_option("--report", o.report, "default: DIR/download_report.json")
        ->option_text("FILE")
        ->group("Output");
    command->add_flag("--mixed", o.mixed, "allow other options than the folder's clips were made with")
        ->group("Output");
    command->add_option("--log-json", arguments.log_json, "append messages and outcomes, a JSON object a line")
        ->option_text("FILE")
        ->group("Output");
    command
        ->add_option(
            "--trace", o.trace,
            "what each resolver, transfer and worker did when, for https://ui.perfetto.dev (Chrome trace events)")
        ->option_text("FILE")
        ->group("Output");
    add_choice<progress_style>(*command, "--progress", arguments.progress,
                               {{"auto", progress_style::automatic},
                                {"bar", progress_style::bar},
                                {"plain", progress_style::plain},
                                {"none", progress_style::none}},
                               "how progress is shown; auto: a bar on a terminal, else plain lines")
        ->group("Output");
    add_choice<severity>(*command, "--log-level", arguments.least,
                         {{"note", severity::note}, {"warning", severity::warning}, {"error", severity::error}},
                         "the least important messages to show")
        ->group("Output");
    return command;
}

int run_download(const download_arguments& arguments)
{
    terminal screen(arguments.progress, arguments.least);
    download_options options = arguments.run;
    if (arguments.isolate)
        options.worker = "/proc/self/exe";
    else if (options.mode == cut_mode::encode)
        use_fresh_pages();
    std::optional<json_log> log;
    options.on_message = [&](severity how, const std::string& line) {
        screen.message(how, line);
        if (log) log->message(how, line);
    };

    asio::io_context io{1};
    std::optional<downloader> run;
    try {
        if (!arguments.log_json.empty()) {
            log.emplace(arguments.log_json);
            options.on_clip = [&log](const clip_outcome& clip) { log->outcome(clip); };
        }
        run.emplace(std::move(options));
    } catch (const usage_error& e) {
        screen.message(severity::error, e.what());
        if (log) log->message(severity::error, e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        screen.message(severity::error, e.what());
        if (log) log->message(severity::error, e.what());
        return exit_status::stopped;
    }

    // Not while the lists are read: nothing is begun then, and one that comes from a pipe may never end.
    asio::signal_set signals(io, SIGINT, SIGTERM);
    asio::steady_timer pause(io);
    bool interrupted = false, ended = false;
    std::exception_ptr failed;
    std::optional<download_summary> summary;
    const auto keep_first = [&failed](std::exception_ptr e) {
        if (e && !failed) failed = e;
    };
    asio::co_spawn(io, keep_showing(screen, *run, pause, ended), keep_first);
    asio::co_spawn(io, obey_signals(signals, *run, screen, interrupted, ended), keep_first);
    asio::co_spawn(io, run->run(), [&](std::exception_ptr e, download_summary s) {
        keep_first(e);
        if (!e) summary = std::move(s);
        ended = true;
        pause.cancel();
        signals.cancel();
    });
    io.run();

    try {
        if (failed) std::rethrow_exception(failed);
    } catch (const usage_error& e) {
        screen.message(severity::error, e.what());
        if (log) log->message(severity::error, e.what());
        return exit_status::usage;
    } catch (const std::exception& e) {
        const std::string line = fmt::format("the run ended early: {}; run again to go on", e.what());
        screen.message(severity::error, line);
        if (log) log->message(severity::error, line);
        return interrupted ? exit_status::interrupted : exit_status::stopped;
    }
    screen.print(summary_text(*summary));
    const int status = status_of(*summary, interrupted);
    if (log) log->end(*summary, status);
    return status;
}

}  // namespace reelpipe::cli
