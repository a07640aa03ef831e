#ifndef REELPIPE_CLI_DOWNLOAD_COMMAND_HPP
#define REELPIPE_CLI_DOWNLOAD_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <string>

#include "cli/serve/run_server.hpp"
#include "cli/terminal.hpp"
#include "reelpipe/export.hpp"

namespace reelpipe::cli {

namespace exit_status {
inline constexpr int all_stored = 0;
inline constexpr int some_failed = 1;
inline constexpr int usage = 2;
inline constexpr int stopped = 3;
inline constexpr int interrupted = 130;
}  // namespace exit_status

// The arguments of `reelpipe download`.
struct download_arguments {
    download_options run{};
    bool isolate = true;  // libav works in sandboxed worker processes
    progress_style progress = progress_style::automatic;
    severity least = severity::note;
    serve_options serve{};
    export_options exported{};             // when the run has ended; output empty: nothing
    std::filesystem::path log_json{};      // empty: none
    std::filesystem::path write_config{};  // where the options go instead of a run; empty: nowhere
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_download(CLI::App& program, download_arguments& arguments);

// Runs to the end, an interrupt or a stop, and tells about it on the standard error stream. Returns the exit status.
// The first SIGINT or SIGTERM lets what is in flight finish, the second drops it.
int run_download(const download_arguments&);

}  // namespace reelpipe::cli

#endif
