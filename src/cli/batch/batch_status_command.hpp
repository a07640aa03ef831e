#ifndef REELPIPE_CLI_BATCH_BATCH_STATUS_COMMAND_HPP
#define REELPIPE_CLI_BATCH_BATCH_STATUS_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <string>

#include "reelpipe/batch.hpp"

namespace reelpipe::cli {

// `reelpipe batch status`: what exists against the plan. What is bound to the command outlives the parse.
CLI::App* add_status_command(CLI::App& batch, batch_place&, bool& json, bool& watch);

// Returns the exit status. Throws usage_error.
int run_status_command(const batch_place&, bool json, bool watch);

// `reelpipe batch missing`: the shards or tasks that are not finished.
CLI::App* add_missing_command(CLI::App& batch, batch_place&, std::string& format);
int run_missing_command(const batch_place&, const std::string& format);

}  // namespace reelpipe::cli

#endif
