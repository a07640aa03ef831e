#include "cli/config_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "reelpipe/usage_error.hpp"

#include "cli/command_words.hpp"

namespace reelpipe::cli {

namespace {

namespace fs = std::filesystem;

// The value of an option that the command line gives as `--name VALUE` or `--name=VALUE`; the last one counts.
std::optional<std::string> value_of(const std::vector<std::string>& words, const std::string& name)
{
    std::optional<std::string> found;
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        if (words[i] == name && i + 1 < words.size())
            found = words[i + 1];
        else if (words[i].starts_with(name + "="))
            found = words[i].substr(name.size() + 1);
        else if (name.size() == 2 && words[i].size() > 2 && words[i].starts_with(name))
            found = words[i].substr(2);  // -oDIR
    }
    return found;
}

bool is_given(const std::vector<std::string>& words, const CLI::Option& option)
{
    return std::ranges::any_of(option.get_lnames(), [&words](const std::string& name) {
        return std::ranges::any_of(words, [full = "--" + name](const std::string& word) {
            return word == full || word.starts_with(full + "=");
        });
    });
}

fs::path config_of(const std::vector<std::string>& words)
{
    if (const auto named = value_of(words, "--config")) return *named;
    std::optional<std::string> folder = value_of(words, "-o");
    if (!folder) folder = value_of(words, "--output");
    if (!folder) return {};
    const fs::path file = fs::path(*folder) / "reelpipe.toml";
    std::error_code unknown;  // of a label, it may be the folder
    return fs::is_regular_file(file, unknown) ? file : fs::path();
}

[[noreturn]] void refuse(const fs::path& file, const std::string& what)
{
    throw usage_error(file.string() + ": " + what);
}

std::vector<CLI::ConfigItem> items_of(const fs::path& file)
try {
    return CLI::ConfigTOML().from_file(file.string());
} catch (const CLI::Error& e) {
    refuse(file, std::string("it cannot be read: ") + e.what());
}

// Null: it is one of the writer's.
const CLI::Option* option_of(const CLI::App& command, const CLI::App& writer, const CLI::ConfigItem& item,
                             const fs::path& file)
{
    std::vector<std::string> known;
    for (const CLI::Option* const each : command.get_options()) {
        if (!each->get_configurable()) continue;
        for (const std::string& name : each->get_lnames()) {
            if (item.parents.empty() && name == item.name) return each;
            known.push_back(name);
        }
    }
    if (&writer != &command) {
        option_of(writer, writer, item, file);
        return nullptr;
    }
    const std::string like = nearest(item.name, known);
    refuse(file, fmt::format("'{}' is not an option of `reelpipe {}`{}", item.fullname(), full_name(command),
                             like.empty() ? "" : "; did you mean '" + like + "'?"));
}

std::vector<std::string> words_of(const CLI::Option& option, const CLI::ConfigItem& item, const fs::path& file)
{
    const std::string name = "--" + item.name;
    if (option.get_items_expected_max() != 0) {
        std::vector<std::string> words;
        for (const std::string& value : item.inputs) words.push_back(fmt::format("{}={}", name, value));
        return words;
    }
    if (item.inputs == std::vector<std::string>{"true"}) return {name};
    if (item.inputs == std::vector<std::string>{"false"}) return {};
    refuse(file, item.name + " is either true or false");
}

}  // namespace

void add_config(CLI::App& command)
{
    command
        .add_option("--config", "options, one a line: crf = 20 (default: reelpipe.toml in the output folder, if there)")
        ->configurable(false)
        ->option_text("FILE");
}

std::vector<std::string> with_config_file(const CLI::App& command, const CLI::App& writer,
                                          std::vector<std::string> words)
{
    const fs::path file = config_of(words);
    return file.empty() ? words : with_options_of_file(command, writer, std::move(words), file);
}

std::vector<std::string> with_options_of_file(const CLI::App& command, const CLI::App& writer,
                                              std::vector<std::string> words, const fs::path& file)
{
    std::vector<std::string> more;
    for (const CLI::ConfigItem& item : items_of(file)) {
        if (item.name == "++" || item.name == "--")
            refuse(file, "it has sections; write all options above the first one");
        const CLI::Option* const option = option_of(command, writer, item, file);
        if (option && !is_given(words, *option))
            std::ranges::copy(words_of(*option, item, file), std::back_inserter(more));
    }
    // Behind the others: an option takes no word for a further value that is an option itself.
    words.insert(std::ranges::find(words, "--"), more.begin(), more.end());
    return words;
}

std::string config_text(const CLI::App& command)
{
    for (const CLI::Option* const each : command.get_options())
        for (const std::string& value : each->results())
            if (each->get_configurable() && value.find('"') != value.npos && value.find('\'') != value.npos)
                throw usage_error(each->get_name() +
                                  ": a file of options cannot hold a value with both kinds of quotes; use one kind");
    return "# Options of `reelpipe " + full_name(command) + "`; those of the command line go before them.\n" +
           command.config_to_str();
}

void write_config_file(const CLI::App& command, const fs::path& file)
{
    if (file.has_parent_path()) fs::create_directories(file.parent_path());
    const std::string text = config_text(command);
    const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool is_written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == std::ssize(text);
    const int error = errno;
    if (descriptor >= 0 && close(descriptor) == 0 && is_written) return;
    throw std::system_error(error, std::generic_category(), "write " + file.string());
}

}  // namespace reelpipe::cli
