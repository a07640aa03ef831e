#include "cli/help.hpp"

#include <cstddef>
#include <filesystem>
#include <sstream>
#include <string_view>

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

std::string with_default(const CLI::Option& option)
{
    const std::string preset = option.get_default_str();
    std::string text = option.get_description();
    if (preset.empty()) return text;
    if (!text.ends_with(')')) return text + " (default: " + preset + ")";
    text.back() = ';';  // the bounds stand in brackets there
    return text + " default: " + preset + ")";
}

}  // namespace

// The name that the program was started by may be a long path.
std::string help_formatter::make_usage(const CLI::App* app, std::string name) const
{
    const std::size_t space = name.find(' ');
    const std::string program = std::filesystem::path(name.substr(0, space)).filename().string();
    return Formatter::make_usage(app, program + (space == std::string::npos ? "" : name.substr(space)));
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
