#ifndef REELPIPE_CLI_COMMAND_WORDS_HPP
#define REELPIPE_CLI_COMMAND_WORDS_HPP

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace reelpipe::cli {

enum class value_kind : std::uint8_t { none, text, one_of, file, folder };

// An option or a positional argument, as man pages and shells are told of it.
struct option_words {
    std::vector<std::string> names{};  // "-o", "--output"; of a positional, its name
    bool is_positional = false;
    value_kind kind = value_kind::none;
    std::string value{};                 // as --help calls it: "N", "encode|lossless|smart"
    std::vector<std::string> choices{};  // of one_of; or the words that are known of a text
    std::string text{};                  // what it does, and its default
    std::string group{};
};

// The options of a command in the order of their definition, without hidden ones.
std::vector<option_words> options_of(const CLI::App& command);

// The commands of the program, or of one of its commands, without hidden ones.
std::vector<const CLI::App*> commands_of(const CLI::App& program);

// The same with the commands of commands, each behind its own.
std::vector<const CLI::App*> all_commands_of(const CLI::App& program);

// The words by which a command is called: "download", "batch plan".
std::string full_name(const CLI::App& command);

// The description of an option and its default: "queue length (default: 64)".
std::string with_default(const CLI::Option&);

// The one of `known` that `word` is most likely meant to be; empty if none is like it.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace reelpipe::cli

#endif
