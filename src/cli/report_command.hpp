#ifndef REELPIPE_CLI_REPORT_COMMAND_HPP
#define REELPIPE_CLI_REPORT_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <filesystem>

namespace reelpipe::cli {

// The arguments of `reelpipe report`.
struct report_arguments {
    std::filesystem::path folder{};
    bool json = false;
    std::filesystem::path html{};  // empty: none
    std::size_t frames = 48;       // on that page
    std::filesystem::path csv{};   // where a table of the clips goes; empty: nowhere
    std::filesystem::path jsonl{};
    bool hashes = false;  // in that table
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_report(CLI::App& program, report_arguments& arguments);

// Prints what the ledger of a folder knows. Returns the exit status.
int run_report(const report_arguments&);

}  // namespace reelpipe::cli

#endif
