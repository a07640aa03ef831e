#ifndef REELPIPE_CLI_VERIFY_COMMAND_HPP
#define REELPIPE_CLI_VERIFY_COMMAND_HPP

#include <CLI/CLI.hpp>

#include "reelpipe/dataset_check.hpp"
#include "reelpipe/folder_check.hpp"

namespace reelpipe::cli {

enum class finding_format { text, csv, json };

// The arguments of `reelpipe verify`.
struct verify_arguments {
    folder_check_options check{};     // with the options that both checks have
    dataset_check_options dataset{};  // those that only the check without a ledger has
    finding_format format = finding_format::text;
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_verify(CLI::App& program, verify_arguments& arguments);

// Prints what is wrong in a folder, file by file, and what it came to, on the standard output. Returns the exit status.
int run_verify(const verify_arguments&);

}  // namespace reelpipe::cli

#endif
