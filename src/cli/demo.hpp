#ifndef REELPIPE_CLI_DEMO_HPP
#define REELPIPE_CLI_DEMO_HPP

#include <CLI/CLI.hpp>

#include "cli/download_command.hpp"

namespace reelpipe::cli {

// `reelpipe demo` takes an output folder of its own and, as `reelpipe download` does, a preset and a number of jobs.
CLI::App* add_demo(CLI::App& program, download_arguments& arguments);

// The whole job without the internet: videos made on the spot, an origin on loopback, a list, the run.
// Returns the exit status.
int run_demo(download_arguments arguments);

}  // namespace reelpipe::cli

#endif
