#ifndef REELPIPE_CLI_EXPORT_COMMAND_HPP
#define REELPIPE_CLI_EXPORT_COMMAND_HPP

#include <CLI/CLI.hpp>

#include "reelpipe/export.hpp"

namespace reelpipe::cli {

// Adds the command `reelpipe export`; `options` outlives the parse.
CLI::App* add_export(CLI::App& program, export_options& options);

// Exports a folder and says what became of its clips. Returns the exit status.
int run_export(const export_options&);

}  // namespace reelpipe::cli

#endif
