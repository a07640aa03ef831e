#ifndef REELPIPE_CLI_DOCTOR_COMMAND_HPP
#define REELPIPE_CLI_DOCTOR_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <string>

#include "cli/download_command.hpp"

namespace reelpipe::cli {

// The arguments of `reelpipe doctor`.
struct doctor_arguments {
    download_arguments download{};  // those of the run that is asked about
    std::string probe{};
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_doctor(CLI::App& program, doctor_arguments& arguments);

// Prints a line for each finding to the standard output. Returns the exit status.
int run_doctor(const doctor_arguments&);

}  // namespace reelpipe::cli

#endif
