#include "cli/command_words.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>

#include "reelpipe/outcome.hpp"

namespace reelpipe::cli {

namespace {

std::vector<std::string> parted(const std::string& text, char at)
{
    std::vector<std::string> parts;
    std::istringstream all(text);
    for (std::string part; std::getline(all, part, at);) parts.push_back(part);
    return parts;
}

// Words that an option takes besides others, or too many for --help.
std::vector<std::string> known_values(const std::string& name)
{
    if (name == "--source") return {"youtube"};
    if (name == "--list-format")
        return {"csv", "json", "jsonl", "audioset", "ava", "vggsound", "panda", "urls", "names"};
    if (name == "--preset")
        return {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"};
    if (name != "--retry") return {};
    std::vector<std::string> words{"soft", "permanent"};
    for (auto i = 0U; i <= static_cast<unsigned>(reason::unknown); ++i)
        words.emplace_back(to_string(static_cast<reason>(i)));
    return words;
}

option_words words_of(const CLI::Option& option)
{
    option_words words;
    words.is_positional = option.get_positional();
    if (words.is_positional) words.names.push_back(option.get_name(true));
    for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
    words.text = with_default(option);
    words.group = option.get_group();
    words.value = words.is_positional ? words.names.front() : option.get_option_text();
    if (option.get_items_expected_max() == 0) return words;
    words.choices =
        words.value.find('|') == std::string::npos ? known_values(words.names.back()) : parted(words.value, '|');
    words.kind = words.value.find('|') != std::string::npos ? value_kind::one_of
                 : words.value == "DIR"                     ? value_kind::folder
                 : words.value == "FILE" || words.value == "PATH" || words.value == "LIST" || words.value == "WHERE" ||
                         words.value == "ROOT"
                     ? value_kind::file
                     : value_kind::text;
    return words;
}

// The number of letters that are to be changed, added or left out to make one word of the other (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::vector<option_words> options_of(const CLI::App& command)
{
    std::vector<option_words> all;
    for (const CLI::Option* const each : command.get_options())
        if (!each->get_group().empty()) all.push_back(words_of(*each));
    return all;
}

std::vector<const CLI::App*> commands_of(const CLI::App& program)
{
    std::vector<const CLI::App*> all;
    for (const CLI::App* const each : program.get_subcommands({}))
        if (!each->get_group().empty()) all.push_back(each);
    return all;
}

std::vector<const CLI::App*> all_commands_of(const CLI::App& program)
{
    std::vector<const CLI::App*> all;
    for (const CLI::App* const each : commands_of(program)) {
        all.push_back(each);
        for (const CLI::App* const below : all_commands_of(*each)) all.push_back(below);
    }
    return all;
}

std::string full_name(const CLI::App& command)
{
    const CLI::App* const above = command.get_parent();
    if (!above || !above->get_parent()) return command.get_name();
    return full_name(*above) + " " + command.get_name();
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

std::string nearest(const std::string& word, const std::vector<std::string>& known)
{
    if (word.empty() || word.size() > 64) return {};
    const std::size_t most = std::max<std::size_t>(1, word.size() / 3);
    std::string best;
    std::size_t best_distance = most + 1;
    for (const std::string& each : known) {
        const std::size_t far = distance(word, each);
        if (far < best_distance) {
            best = each;
            best_distance = far;
        }
    }
    return best;
}

}  // namespace reelpipe::cli
