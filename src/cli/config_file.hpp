#ifndef REELPIPE_CLI_CONFIG_FILE_HPP
#define REELPIPE_CLI_CONFIG_FILE_HPP

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace reelpipe::cli {

// The words of a command line that begin with `command`, and behind them the options of the configuration file: what
// `--config` names, or else reelpipe.toml in the output folder if there is one. What the command line says goes before
// the file. The file is that of `writer`; what only that command has an option for is passed over. Throws usage_error
// for a file that cannot be read, and for a name that is not an option.
std::vector<std::string> with_config_file(const CLI::App& command, const CLI::App& writer,
                                          std::vector<std::string> words);

// The same with the options of a file that is named here.
std::vector<std::string> with_options_of_file(const CLI::App& command, const CLI::App& writer,
                                              std::vector<std::string> words, const std::filesystem::path& file);

// The option that names the file.
void add_config(CLI::App& command);

// The options that were given, as such a file has them.
std::string config_text(const CLI::App& command);

// Writes the options that were given into a file that with_config_file() reads; others may not read it, since headers
// and proxies may hold passwords. Throws std::system_error.
void write_config_file(const CLI::App& command, const std::filesystem::path&);

}  // namespace reelpipe::cli

#endif
