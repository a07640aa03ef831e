#ifndef REELPIPE_CLI_BATCH_BATCH_RUN_COMMAND_HPP
#define REELPIPE_CLI_BATCH_BATCH_RUN_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/download_command.hpp"

#include "reelpipe/batch.hpp"

namespace reelpipe::cli {

// The exit statuses of a task, for schedulers: those of sysexits.h.
namespace task_status {
inline constexpr int done = 0;
inline constexpr int usage = 64;
inline constexpr int impossible = 65;
inline constexpr int try_again = 75;
inline constexpr int configuration = 78;
}  // namespace task_status

// The arguments of `reelpipe batch run`.
struct task_arguments {
    batch_place place{};
    download_arguments run{};
    std::vector<std::string> shards{};
    std::optional<std::uint32_t> task{};
    std::filesystem::path scratch{};
    std::chrono::seconds grace{100};
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_batch_run(CLI::App& batch, task_arguments& arguments);

// Runs to the end, and tells about it on the standard error stream. Returns the exit status. SIGTERM and SIGINT let
// what is in flight finish within the time of grace; the second one drops it.
int run_batch_run(const task_arguments&);

// Adds the positional argument and the option that name a plan.
void add_place(CLI::App& command, batch_place&);

}  // namespace reelpipe::cli

#endif
