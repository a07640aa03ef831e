#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <utility>
#include <vector>

#include "cli/command_words.hpp"

namespace reelpipe::cli {

namespace {

constexpr std::size_t width = 80;
constexpr std::size_t left_column = 26;

// `left`, and beside it `right`, broken between words into lines that fit the terminal.
std::string in_two_columns(const std::string& left, const std::string& right)
{
    std::string all = "  " + left;
    std::size_t column = all.size();
    if (column >= left_column) {
        all += '\n';
        column = 0;
    }
    all.append(left_column - column, ' ');
    column = left_column;
    std::istringstream words(right);
    for (std::string word; words >> word;) {
        const bool begins_line = column == left_column;
        if (!begins_line && column + 1 + word.size() > width) {
            all += '\n' + std::string(left_column, ' ');
            column = left_column;
        } else if (!begins_line) {
            all += ' ';
            ++column;
        }
        all += word;
        column += word.size();
    }
    return all + '\n';
}

// What most runs need, of commands with more options than a screen has lines.
constexpr std::array common{
    "--help",   "--help-all", "--output",       "--split",       "--labels",     "--limit",     "--retry",
    "--source", "--cookies",  "--max-height",   "--proxy",       "--cut",        "--crf",       "--short-side",
    "--audio",  "--jobs",     "--resolve-rate", "--shard-clips", "--task-clips", "--max-tasks", "--one-address",
    "--task",   "--shard",    "--scratch",      "--grace",       "--repair"};
constexpr std::size_t many = 24;

}  // namespace

std::string help_formatter::make_help(const CLI::App* command, std::string name, CLI::AppFormatMode mode) const
{
    if (mode == CLI::AppFormatMode::Sub) return Formatter::make_help(command, std::move(name), mode);
    return make_description(command) + make_usage(command, std::move(name)) + make_positionals(command) +
           groups(command, mode) + make_subcommands(command, mode) + '\n' + make_footer(command);
}

std::string help_formatter::groups(const CLI::App* command, CLI::AppFormatMode mode) const
{
    const bool shows_all = mode != CLI::AppFormatMode::Normal || command->get_options().size() <= many;
    std::string all;
    for (const std::string& group : command->get_groups()) {
        if (group.empty()) continue;
        std::vector<const CLI::Option*> shown = command->get_options([&](const CLI::Option* each) {
            return each->get_group() == group && each->nonpositional() &&
                   (shows_all || std::ranges::find(common, each->get_name()) != common.end());
        });
        if (!shown.empty()) all += make_group(group, false, std::move(shown));
    }
    if (!shows_all) all += fmt::format("\n`reelpipe {} --help-all` shows all options.\n", full_name(*command));
    return all;
}

std::string help_formatter::make_option(const CLI::Option* option, bool is_positional) const
{
    return in_two_columns(make_option_name(option, is_positional) + make_option_opts(option), with_default(*option));
}

std::string help_formatter::make_option_opts(const CLI::Option* option) const
{
    if (!option->get_option_text().empty()) return " " + option->get_option_text();
    if (option->get_positional()) return option->get_expected_max() > 1 ? "..." : "";
    return "";
}

std::string help_formatter::make_option_usage(const CLI::Option* option) const
{
    const std::string name = make_option_name(option, true) + (option->get_expected_max() > 1 ? "..." : "");
    return option->get_required() ? name : "[" + name + "]";
}

std::string help_formatter::make_subcommand(const CLI::App* command) const
{
    return in_two_columns(command->get_name(), command->get_description());
}

}  // namespace reelpipe::cli
