#ifndef REELPIPE_CLI_MANIFEST_COMMAND_HPP
#define REELPIPE_CLI_MANIFEST_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <filesystem>

#include "reelpipe/manifest.hpp"

namespace reelpipe::cli {

// The arguments of `reelpipe manifest`.
struct manifest_arguments {
    manifest_options made{};
    std::filesystem::path file{};  // empty: the standard output
    bool digest = false;           // nothing else is printed
};

// The arguments of `reelpipe diff`.
struct diff_arguments {
    compare_options compared{};
    bool json = false;
};

// Add the commands; the arguments outlive the parse.
CLI::App* add_manifest(CLI::App& program, manifest_arguments&);
CLI::App* add_diff(CLI::App& program, diff_arguments&);

// Return the exit status.
int run_manifest(const manifest_arguments&);
int run_diff(const diff_arguments&);

}  // namespace reelpipe::cli

#endif
