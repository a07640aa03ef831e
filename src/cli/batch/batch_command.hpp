#ifndef REELPIPE_CLI_BATCH_BATCH_COMMAND_HPP
#define REELPIPE_CLI_BATCH_BATCH_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/batch/batch_run_command.hpp"
#include "cli/batch/batch_submit_command.hpp"
#include "cli/download_command.hpp"

#include "reelpipe/batch.hpp"

namespace reelpipe::cli {

// The arguments of the commands of `reelpipe batch`.
struct batch_arguments {
    download_arguments planned{};
    batch_plan_options plan{};
    task_arguments task{};
    batch_place place{};  // of status and missing
    bool json = false, watch = false;
    std::string missing_format = "list";
    submit_arguments submit{};
    batch_merge_options merge{};
    batch_repair_options repair{};
    std::chrono::seconds silent_for{std::chrono::hours(1)};
};

struct batch_commands {
    const CLI::App *all, *plan, *run, *status, *missing, *submit, *merge, *repair, *gc;
};

// Adds the commands; `arguments` outlives the parse.
batch_commands add_batch(CLI::App& program, batch_arguments& arguments);

// The words of `reelpipe batch run`, and behind them the options that the plan of its root was made with. Throws
// usage_error.
std::vector<std::string> with_options_of_plan(const batch_commands&, const batch_arguments&,
                                              std::vector<std::string> words);

// Runs the one that was parsed. Returns the exit status.
int run_batch(const batch_commands&, const batch_arguments&);

}  // namespace reelpipe::cli

#endif
