#ifndef REELPIPE_CLI_HELP_HPP
#define REELPIPE_CLI_HELP_HPP

#include <CLI/CLI.hpp>
#include <string>

namespace reelpipe::cli {

// Writes --help, which shows the common options, and --help-all for a terminal of 80 columns: an option's name and
// value on the left, what it does on the right, and its default behind that as "(default 64)".
class help_formatter : public CLI::Formatter {
public:
    std::string make_help(const CLI::App*, std::string name, CLI::AppFormatMode) const override;
    std::string make_option(const CLI::Option*, bool is_positional) const override;
    std::string make_option_usage(const CLI::Option*) const override;
    std::string make_option_opts(const CLI::Option*) const override;
    std::string make_subcommand(const CLI::App*) const override;

private:
    std::string groups(const CLI::App*, CLI::AppFormatMode) const;
};

}  // namespace reelpipe::cli

#endif
