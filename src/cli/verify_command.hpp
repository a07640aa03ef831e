#ifndef REELPIPE_CLI_VERIFY_COMMAND_HPP
#define REELPIPE_CLI_VERIFY_COMMAND_HPP

#include <CLI/CLI.hpp>

#include "reelpipe/folder_check.hpp"

namespace reelpipe::cli {

// The arguments of `reelpipe verify`.
struct verify_arguments {
    folder_check_options check{};
    bool json = false;
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_verify(CLI::App& program, verify_arguments& arguments);

// Prints what is wrong in a folder, file by file, and what it came to, on the standard output. Returns the exit status.
int run_verify(const verify_arguments&);

}  // namespace reelpipe::cli

#endif
