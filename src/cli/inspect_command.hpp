#ifndef REELPIPE_CLI_INSPECT_COMMAND_HPP
#define REELPIPE_CLI_INSPECT_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace reelpipe::cli {

// The arguments of `reelpipe inspect`.
struct inspect_arguments {
    std::vector<std::string> files{};  // a video, or video and audio
    std::optional<double> start{}, end{};
    std::string proxy{};
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_inspect(CLI::App& program, inspect_arguments& arguments);

// Prints what a segment costs on the standard output. Returns the exit status.
int run_inspect(const inspect_arguments&);

}  // namespace reelpipe::cli

#endif
