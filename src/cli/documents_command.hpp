#ifndef REELPIPE_CLI_DOCUMENTS_COMMAND_HPP
#define REELPIPE_CLI_DOCUMENTS_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace reelpipe::cli {

struct documents_arguments {
    std::filesystem::path folder{};
    std::string date{};  // of the man pages
};

// Adds the command that packages are made with; --help does not show it. `arguments` outlives the parse.
CLI::App* add_documents(CLI::App& program, documents_arguments& arguments);

// Writes man pages and completions of the program, laid out as below /usr/share. Returns the exit status.
int run_documents(const CLI::App& program, const std::string& version, const documents_arguments&);

}  // namespace reelpipe::cli

#endif
