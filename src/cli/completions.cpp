#include "cli/completions.hpp"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "cli/command_words.hpp"

namespace reelpipe::cli {

namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string replaced(std::string text, char what, const std::string& by)
{
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) text.replace(at, 1, by);
    return text;
}

// The beginning of a description, for one line of a menu.
std::string short_text(const std::string& text)
{
    const std::string first = text.substr(0, text.find_first_of(";(\n"));
    const auto stop = first.find(". ");
    std::string line = stop == first.npos ? first : first.substr(0, stop);
    while (line.ends_with(' ')) line.pop_back();
    return line.size() <= 60 ? line : line.substr(0, line.rfind(' ', 57)) + "...";
}

std::vector<std::string> names_of_commands(const CLI::App& program)
{
    std::vector<std::string> names;
    for (const CLI::App* const each : commands_of(program)) names.push_back(each->get_name());
    return names;
}

// bash: the words that may follow an option; nothing: names of files, as for words that are no options.
std::string bash_values(const std::string& command, const option_words& option)
{
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) patterns.push_back(fmt::format("'{} {}'", command, name));
    const std::string begin = fmt::format("        {})", fmt::join(patterns, "|"));
    switch (option.kind) {
        case value_kind::none:
            return "";
        case value_kind::one_of:
        case value_kind::text:
            return fmt::format("{} words='{}' ;;\n", begin, joined(option.choices));
        case value_kind::file:
            return fmt::format("{} words='{}' files=-f ;;\n", begin, joined(option.choices));
        case value_kind::folder:
            return fmt::format("{} words= files=-d ;;\n", begin);
    }
    return "";
}

std::string zsh_quoted(const std::string& text)
{
    std::string all = replaced(text, '\\', "\\\\");
    for (const char c : {'[', ']', ':'}) all = replaced(all, c, std::string("\\") + c);
    return replaced(all, '\'', "'\\''");
}

std::string zsh_value(const option_words& option)
{
    switch (option.kind) {
        case value_kind::none:
            return "";
        case value_kind::one_of:
            return fmt::format(":value:({})", joined(option.choices));
        case value_kind::text:
            return fmt::format(":{}:{}", zsh_quoted(option.value.empty() ? "value" : option.value),
                               option.choices.empty() ? " " : "(" + joined(option.choices) + ")");
        case value_kind::file:
            return fmt::format(":{}:_files", zsh_quoted(option.value));
        case value_kind::folder:
            return ":folder:_files -/";
    }
    return "";
}

// zsh: the commands of a command with what they do, for a menu.
std::string zsh_commands(const CLI::App& program)
{
    std::string lines;
    for (const CLI::App* const each : commands_of(program))
        lines += fmt::format("        '{}:{}'\n", each->get_name(), zsh_quoted(each->get_description()));
    return lines;
}

std::string zsh_command(const CLI::App& command)
{
    if (!commands_of(command).empty())
        return fmt::format(
            "        {})\n            commands=(\n{}            )\n"
            "            _describe command commands ;;\n",
            command.get_name(), zsh_commands(command));
    std::string specs;
    for (const option_words& each : options_of(command)) {
        if (each.is_positional) continue;
        for (const std::string& name : each.names)
            specs +=
                fmt::format("            '*{}[{}]{}' \\\n", name, zsh_quoted(short_text(each.text)), zsh_value(each));
    }
    return fmt::format("        '{}')\n            _arguments -s \\\n{}            '*:file:_files' ;;\n",
                       full_name(command), specs);
}

std::string fish_quoted(const std::string& text)
{
    return "'" + replaced(replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
}

// fish: all words of the command's name have been written.
std::string fish_condition(const CLI::App& command)
{
    std::string all;
    std::istringstream words(full_name(command));
    for (std::string word; words >> word;)
        all += fmt::format("{}__fish_seen_subcommand_from {}", all.empty() ? "" : "; and ", word);
    return " -n '" + all + "'";
}

std::string fish_option(const std::string& condition, const option_words& option)
{
    std::string line = "complete -c reelpipe" + condition;
    for (const std::string& name : option.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (option.kind == value_kind::file)
        line += " -r -F";
    else if (option.kind == value_kind::folder)
        line += " -x -a '(__fish_complete_directories)'";
    else if (option.kind != value_kind::none)
        line += " -x";
    if (!option.choices.empty()) line += " -a " + fish_quoted(joined(option.choices));
    return line + " -d " + fish_quoted(short_text(option.text)) + '\n';
}

}  // namespace

std::string bash_completion(const CLI::App& program)
{
    std::string values, options, groups;
    for (const CLI::App* const command : all_commands_of(program)) {
        std::vector<std::string> names;
        for (const option_words& each : options_of(*command)) {
            if (each.is_positional) continue;
            names.insert(names.end(), each.names.begin(), each.names.end());
            values += bash_values(full_name(*command), each);
        }
        options += fmt::format("        '{}') words='{}' ;;\n", full_name(*command), joined(names));
        if (const auto below = names_of_commands(*command); !below.empty())
            groups += fmt::format("        {}) words='{}' ;;\n", command->get_name(), joined(below));
    }
    const std::vector<std::string> commands = names_of_commands(program);
    return fmt::format(R"(# bash completion for reelpipe
_reelpipe()
{{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command=${{COMP_WORDS[1]}}
    local words= files=none
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W '{commands} --help --version' -- "$current"))
        return
    fi
    case $command in # commands that have commands
{groups}    esac
    if [[ $words ]]; then
        if [[ $COMP_CWORD -eq 2 ]]; then
            COMPREPLY=($(compgen -W "$words" -- "$current"))
            return
        fi
        command+=" ${{COMP_WORDS[2]}}" words=
    fi
    case "$command $before" in
{values}        *) files= ;;
    esac
    if [[ $files = none ]]; then # the value of an option
        [[ $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    if [[ $files ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        compopt -o filenames
        mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen "$files" -- "$current")
        return
    fi
    if [[ $current = -* ]]; then
        case $command in
{options}        esac
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}}
complete -F _reelpipe reelpipe
)",
                       fmt::arg("commands", joined(commands)), fmt::arg("values", values), fmt::arg("options", options),
                       fmt::arg("groups", groups));
}

std::string zsh_completion(const CLI::App& program)
{
    std::string options, groups;
    for (const CLI::App* const each : all_commands_of(program)) {
        options += zsh_command(*each);
        if (!commands_of(*each).empty()) groups += (groups.empty() ? "" : "|") + each->get_name();
    }
    return fmt::format(R"(#compdef reelpipe
_reelpipe()
{{
    local -a commands=(
{}    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    if [[ $command = ({}) ]] && (( CURRENT > 2 )); then
        command+=" $words[2]"
        shift words
        (( CURRENT-- ))
    fi
    case $command in
{}    esac
}}
_reelpipe "$@"
)",
                       zsh_commands(program), groups, options);
}

std::string fish_completion(const CLI::App& program)
{
    std::string script = "# fish completion for reelpipe\n";
    const std::string none =
        fmt::format(" -n 'not __fish_seen_subcommand_from {}'", joined(names_of_commands(program)));
    for (const CLI::App* const each : commands_of(program))
        script += fmt::format("complete -c reelpipe{} -f -a {} -d {}\n", none, each->get_name(),
                              fish_quoted(each->get_description()));
    for (const CLI::App* const command : all_commands_of(program)) {
        const std::vector<std::string> below = names_of_commands(*command);
        for (const CLI::App* const each : commands_of(*command))
            script += fmt::format(
                "complete -c reelpipe -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -f "
                "-a "
                "{} -d {}\n",
                command->get_name(), joined(below), each->get_name(), fish_quoted(each->get_description()));
        for (const option_words& each : options_of(*command))
            if (!each.is_positional) script += fish_option(fish_condition(*command), each);
    }
    return script;
}

}  // namespace reelpipe::cli
