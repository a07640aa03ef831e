#include "cli/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "cli/command_words.hpp"

namespace reelpipe::cli {

namespace {

// Text as troff takes it: nothing in it is a request or an escape.
std::string plain(const std::string& text)
{
    std::string all = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
        if (c == '\\')
            all += "\\e";
        else if (c == '-')
            all += "\\-";
        else if (c == '^')
            all += "\\(ha";
        else if (c == '~')
            all += "\\(ti";
        else
            all += c;
    }
    return all;
}

std::string in_capitals(std::string text)
{
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

// The text below --help: paragraphs that are filled anew, and lines with an indent, which stay as they are.
std::string paragraphs(const std::string& text)
{
    std::string page;
    bool is_verbatim = false, begins = true;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) {
            begins = true;
            continue;
        }
        if (line.starts_with("  ") != is_verbatim) {
            is_verbatim = !is_verbatim;
            page += !is_verbatim ? ".fi\n.PP\n" : page.empty() ? ".nf\n" : ".PP\n.nf\n";
        } else if (begins && !page.empty()) {
            page += ".PP\n";
        }
        begins = false;
        page += plain(line) + '\n';
    }
    return is_verbatim ? page + ".fi\n" : page;
}

std::string entry(const option_words& option)
{
    std::string name;
    for (const std::string& each : option.names)
        name += fmt::format("{}\\f{}{}\\fR", name.empty() ? "" : ", ", option.is_positional ? 'I' : 'B', plain(each));
    if (!option.is_positional && !option.value.empty()) name += " \\fI" + plain(option.value) + "\\fR";
    return ".TP\n" + name + '\n' + plain(option.text) + '\n';
}

std::string options(const CLI::App& command)
{
    std::string page, group = "Options";
    for (const option_words& each : options_of(command)) {
        if (!each.is_positional && each.group != group) {
            group = each.group;
            page += ".SS " + plain(group) + '\n';
        }
        page += entry(each);
    }
    return page;
}

std::string synopsis(const CLI::App& command)
{
    std::string line = ".B reelpipe " + full_name(command) + "\n";
    if (!commands_of(command).empty()) return line + "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n";
    line += "[\\fIOPTIONS\\fR]";
    for (const CLI::Option* const each : command.get_options())
        if (each->get_positional())
            line += fmt::format(" \\fI{}\\fR{}", each->get_name(true), each->get_items_expected_max() > 1 ? "..." : "");
    return line + '\n';
}

}  // namespace

std::string page_name(const CLI::App& command)
{
    std::string name = "reelpipe-" + full_name(command);
    std::ranges::replace(name, ' ', '-');
    return name;
}

namespace {

std::string list_of_commands(const CLI::App& program)
{
    std::string page;
    for (const CLI::App* const each : commands_of(program))
        page += fmt::format(".TP\n.BR {} (1)\n{}\n", plain(page_name(*each)), plain(each->get_description()));
    return page;
}

std::string see_also(const CLI::App& program, const CLI::App* command)
{
    std::string page = ".SH SEE ALSO\n";
    if (command) page += ".BR reelpipe (1),\n";
    for (const CLI::App* const each : all_commands_of(program))
        if (each != command) page += fmt::format(".BR {} (1),\n", plain(page_name(*each)));
    return page + ".BR ffmpeg (1),\n.BR yt\\-dlp (1)\n";
}

}  // namespace

std::string man_page(const CLI::App& program, const CLI::App* command, const std::string& version,
                     const std::string& date)
{
    const CLI::App& subject = command ? *command : program;
    const std::string name = command ? page_name(*command) : "reelpipe";
    std::string page =
        fmt::format(".TH {} 1 \"{}\" \"reelpipe {}\" \"User Commands\"\n", plain(in_capitals(name)), date, version);
    page += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", plain(name), plain(subject.get_description()));
    page += command ? synopsis(subject) : ".B reelpipe\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n";
    if (command) {
        page += ".SH DESCRIPTION\n" + paragraphs(subject.get_footer());
        if (!commands_of(subject).empty()) page += ".SH COMMANDS\n" + list_of_commands(subject);
        page += ".SH OPTIONS\n" + options(subject);
    } else
        page += ".SH COMMANDS\n" + list_of_commands(program) + ".SH OPTIONS\n" + options(program) + ".SH EXAMPLES\n" +
                paragraphs(subject.get_footer());
    return page + see_also(program, command);
}

}  // namespace reelpipe::cli
