#ifndef REELPIPE_CLI_BROWSE_BROWSE_COMMAND_HPP
#define REELPIPE_CLI_BROWSE_BROWSE_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/serve/door.hpp"

namespace reelpipe::cli {

// The arguments of `reelpipe browse`.
struct browse_arguments {
    std::filesystem::path folder{};
    serve_options listen{.address = "127.0.0.1:0", .token_file = {}, .option = "--listen"};
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_browse(CLI::App& program, browse_arguments& arguments);

// Shows the clips of a folder over HTTP until it is interrupted. Returns the exit status.
int run_browse(const browse_arguments&);

}  // namespace reelpipe::cli

#endif
