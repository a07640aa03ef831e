#ifndef REELPIPE_CLI_CHOICE_HPP
#define REELPIPE_CLI_CHOICE_HPP

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace reelpipe::cli {

// An option with one of a few words.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& name, T& value, const std::map<std::string, T>& choices,
                        const std::string& description)
{
    std::vector<std::string> names;
    for (const auto& [choice, unused] : choices) names.push_back(choice);
    const auto refuse = [choices, names](const std::string& word) {
        return choices.contains(word) ? std::string()
                                      : fmt::format("'{}' is not one of {}", word, fmt::join(names, ", "));
    };
    const auto preset = std::ranges::find_if(choices, [&value](const auto& choice) { return choice.second == value; });
    return command
        .add_option_function<std::string>(
            name, [&value, choices](const std::string& word) { value = choices.at(word); }, description)
        ->check(CLI::Validator(refuse, ""))
        ->default_str(preset == choices.end() ? "" : preset->first)
        ->run_callback_for_default(false)
        ->option_text(fmt::format("{}", fmt::join(names, "|")));
}

// Seconds, with a fraction where `Duration` has one.
template <class Duration>
CLI::Option* add_seconds(CLI::App& command, const std::string& name, Duration& value, const std::string& description,
                         double least = 0, double most = 1e6)
{
    using seconds = std::chrono::duration<double>;
    return command
        .add_option_function<double>(
            name, [&value](double s) { value = std::chrono::duration_cast<Duration>(seconds(s)); }, description)
        ->check(CLI::Range(least, most))
        ->default_str(fmt::format("{:g}", seconds(value).count()))
        ->run_callback_for_default(false)
        ->option_text("S");
}

// The option for how much of a clip is verified, the same for all commands that verify.
inline CLI::Option* add_verify_depth(CLI::App& command, bool& fully)
{
    return add_choice<bool>(command, "--verify", fully, {{"structure", false}, {"full", true}},
                            "structure: check streams, index, frames and times of each clip. full: also decode "
                            "all of its frames and audio");
}

// The option for how many things are worked on at once, with the same bounds for all commands.
inline CLI::Option* add_jobs(CLI::App& command, std::size_t& jobs, const std::string& what)
{
    return command.add_option("--jobs", jobs, what + " (1-1024; default: one per usable CPU core)")
        ->check(CLI::Range(1, 1024))
        ->option_text("N");
}

}  // namespace reelpipe::cli

#endif
