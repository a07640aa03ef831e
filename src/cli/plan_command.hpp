#ifndef REELPIPE_CLI_PLAN_COMMAND_HPP
#define REELPIPE_CLI_PLAN_COMMAND_HPP

#include <CLI/CLI.hpp>

#include "cli/download_command.hpp"

namespace reelpipe::cli {

// Adds the command; `arguments` outlives the parse.
CLI::App* add_plan(CLI::App& program, download_arguments& arguments);

// Prints what a run would have to do on the standard output, a name and a value a line. Returns the exit status.
int run_plan(const download_arguments&);

}  // namespace reelpipe::cli

#endif
