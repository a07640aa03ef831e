#ifndef REELPIPE_CLI_MAN_PAGE_HPP
#define REELPIPE_CLI_MAN_PAGE_HPP

#include <CLI/CLI.hpp>
#include <string>

namespace reelpipe::cli {

// A page in the format of man(7): of a command, or of the program if `command` is null. The date is the page's,
// YYYY-MM-DD.
std::string man_page(const CLI::App& program, const CLI::App* command, const std::string& version,
                     const std::string& date);

// The name of a command's page: "reelpipe-batch-plan".
std::string page_name(const CLI::App& command);

}  // namespace reelpipe::cli

#endif
