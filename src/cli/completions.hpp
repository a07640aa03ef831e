#ifndef REELPIPE_CLI_COMPLETIONS_HPP
#define REELPIPE_CLI_COMPLETIONS_HPP

#include <CLI/CLI.hpp>
#include <string>

namespace reelpipe::cli {

// Scripts that teach a shell the commands, options and values of the program.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace reelpipe::cli

#endif
