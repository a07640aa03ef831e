#ifndef REELPIPE_CLI_DOWNLOAD_OPTIONS_HPP
#define REELPIPE_CLI_DOWNLOAD_OPTIONS_HPP

#include <CLI/CLI.hpp>
#include <string>

#include "reelpipe/download_options.hpp"

namespace reelpipe::cli {

// Add the options of one group to a command; what they fill in outlives the parse. Their values are checked as far as
// one value can be checked alone.
void add_wanted_options(CLI::App& command, wanted_options&);
void add_list_options(CLI::App& command, wanted_options&);  // of these, how lists are read
void add_row_options(CLI::App& command, wanted_options&);   // and which rows count
void add_source_options(CLI::App& command, source_options&);
void add_fetch_options(CLI::App& command, fetch_options&);
void add_cut_options(CLI::App& command, cut_options&);
void add_worker_options(CLI::App& command, worker_options&, bool& isolate);
void add_output_options(CLI::App& command, output_options&);

// The lists, for every command that reads them.
CLI::Option* add_lists(CLI::App& command, std::vector<std::string>& lists);

}  // namespace reelpipe::cli

#endif
