#ifndef REELPIPE_CLI_EXPORT_COMMAND_HPP
#define REELPIPE_CLI_EXPORT_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <string>

#include "cli/terminal.hpp"
#include "reelpipe/export.hpp"

namespace reelpipe::cli {

// Adds the command `reelpipe export`; `options` outlives the parse.
CLI::App* add_export(CLI::App& program, export_options& options);

// The option for a layout.
CLI::Option* add_layout(CLI::App& command, export_layout&, const std::string& description);

// Exports a folder and says what became of its clips. Returns the exit status.
int run_export(const export_options&);

// The same beside a screen that is there already.
int run_export(const export_options&, terminal& screen);

}  // namespace reelpipe::cli

#endif
