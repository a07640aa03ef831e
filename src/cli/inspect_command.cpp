#include "cli/inspect_command.hpp"

#include <fmt/format.h>

#include <asio.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>
#include <utility>

#include "reelpipe/download.hpp"
#include "reelpipe/inspect.hpp"

#include "cli/download_command.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

constexpr double max_video_s = 240 * 3600;

bool is_playlist(std::string_view url) { return url.substr(0, url.find_first_of("?#")).ends_with(".m3u8"); }

media_file file_of(const std::string& name, const std::string& proxy)
{
    if (name.starts_with("http://") || name.starts_with("https://")) {
        remote_file remote{.url = name, .proxy = proxy};
        if (is_playlist(name)) return hls_playlist{std::move(remote)};
        return remote;
    }
    return local_file{name};
}

segment segment_of(double start, double end)
{
    const auto exact = [](double seconds) { return std::chrono::microseconds(std::llround(seconds * 1e6)); };
    return {exact(start), exact(end)};
}

std::string text_of(const inspection& seen, bool has_segment)
{
    std::string text = fmt::format("container: {}\n", seen.container);
    if (seen.size != 0) text += fmt::format("size: {}\n", seen.size);
    text += fmt::format("index bytes: {}\n", seen.index_bytes);
    if (has_segment) text += fmt::format("span bytes: {}\n", seen.span_bytes);
    text += fmt::format("fetched bytes: {}\nrequests: {}\nround trips: {}\n", seen.fetched, seen.requests, seen.rounds);
    const std::uint64_t needed = seen.index_bytes + seen.span_bytes;
    if (has_segment && seen.fetched != 0 && needed != 0)
        text += fmt::format("fetched / (index + span): {:.3f}\n",
                            static_cast<double>(seen.fetched) / static_cast<double>(needed));
    return text;
}

}  // namespace

CLI::App* add_inspect(CLI::App& program, inspect_arguments& arguments)
{
    CLI::App* const command = program.add_subcommand("inspect", "Show what it costs to fetch a segment of one source");
    command->footer(
        "Fetches the bytes that a clip needs into a temporary file, prints how many they\n"
        "were, and removes the file.\n\n"
        "Exit status: 0 fetched; 1 failed, the message says why; 2 wrong usage.");
    command
        ->add_option("URL", arguments.files,
                     "http(s) URL or file of a video; give two for separate video and audio, the video first")
        ->required()
        ->expected(1, 2);
    CLI::Option* const start = command->add_option("--start", arguments.start, "start of the clip, in seconds")
                                   ->check(CLI::Range(0.0, max_video_s))
                                   ->option_text("S");
    CLI::Option* const end = command->add_option("--end", arguments.end, "end of the clip, in seconds")
                                 ->check(CLI::Range(0.0, max_video_s))
                                 ->option_text("E");
    start->needs(end);
    end->needs(start);
    command->add_option("--proxy", arguments.proxy, "proxy for the media")->option_text("URL");
    return command;
}

int run_inspect(const inspect_arguments& arguments)
{
    if (arguments.start && *arguments.start >= *arguments.end) {
        print_error(fmt::format("--start {} is not before --end {}", *arguments.start, *arguments.end));
        return exit_status::usage;
    }
    media_source source;
    for (const std::string& name : arguments.files) source.files.push_back(file_of(name, arguments.proxy));
    std::optional<segment> wanted;
    if (arguments.start) wanted = segment_of(*arguments.start, *arguments.end);

    asio::io_context io{1};
    std::exception_ptr failed;
    asio::co_spawn(io, inspect(std::move(source), wanted, std::filesystem::temp_directory_path()),
                   [&](std::exception_ptr e, const inspection& seen) {
                       failed = e;
                       if (!e) print(stdout, text_of(seen, wanted.has_value()));
                   });
    io.run();
    try {
        if (failed) std::rethrow_exception(failed);
    } catch (const usage_error& e) {
        print_error(e.what());
        return exit_status::usage;
    } catch (const inspect_error& e) {
        print_error(fmt::format("{} ({})", explain(e.why), e.what()));
        return exit_status::some_failed;
    } catch (const std::exception& e) {
        print_error(e.what());
        return exit_status::some_failed;
    }
    return exit_status::all_stored;
}

}  // namespace reelpipe::cli
