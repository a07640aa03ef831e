#ifndef REELPIPE_CLI_EXPLAIN_COMMAND_HPP
#define REELPIPE_CLI_EXPLAIN_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace reelpipe::cli {

// The arguments of `reelpipe explain`.
struct explain_arguments {
    std::filesystem::path folder{};
    std::string clip{};
    bool json = false;
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_explain(CLI::App& program, explain_arguments& arguments);

// Prints all that the ledger of a folder knows of a clip. Returns the exit status.
int run_explain(const explain_arguments&);

}  // namespace reelpipe::cli

#endif
