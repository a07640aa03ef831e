#ifndef REELPIPE_CLI_EXPLAIN_COMMAND_HPP
#define REELPIPE_CLI_EXPLAIN_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reelpipe/explain.hpp"

namespace reelpipe::cli {

// The arguments of `reelpipe explain`.
struct explain_arguments {
    std::filesystem::path folder{};
    std::string clip{};
    bool json = false;
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_explain(CLI::App& program, explain_arguments& arguments);

// What `--json` prints of a clip.
nlohmann::ordered_json json_of(const clip_history&);

// Prints all that the ledger of a folder knows of a clip. Returns the exit status.
int run_explain(const explain_arguments&);

}  // namespace reelpipe::cli

#endif
