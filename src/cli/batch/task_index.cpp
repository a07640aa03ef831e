#include "cli/batch/task_index.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string_view>

#include "reelpipe/usage_error.hpp"

namespace reelpipe::cli {

namespace {

constexpr const char* offset_name = "REELPIPE_TASK_OFFSET";

// Where schedulers say which task of an array a process is. SLURM_PROCID and SLURM_ARRAY_TASK_COUNT are not among them:
// every script has the first, and the second is not the size of the plan.
struct index_variable {
    const char* name;
    std::uint32_t first;  // the index of the first task
};
constexpr std::array index_variables{
    index_variable{"SLURM_ARRAY_TASK_ID", 0},
    index_variable{"JOB_COMPLETION_INDEX", 0},
    index_variable{"AWS_BATCH_JOB_ARRAY_INDEX", 0},
    index_variable{"BATCH_TASK_INDEX", 0},
    index_variable{"CLOUD_RUN_TASK_INDEX", 0},
    index_variable{"PBS_ARRAY_INDEX", 0},
    index_variable{"SGE_TASK_ID", 1},
    index_variable{"LSB_JOBINDEX", 1},
};

std::optional<std::uint32_t> number_in(std::string_view text)
{
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

std::uint32_t checked(std::string_view name, std::string_view text, std::uint32_t least)
{
    const auto number = number_in(text);
    if (!number || *number < least) throw usage_error(fmt::format("{}={}: that is no index of a task", name, text));
    return *number;
}

std::optional<std::string> variable(const char* name)
{
    const char* const value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
}

// What these schedulers say to a job that is no array.
bool says_none(const index_variable& named, std::string_view text)
{
    return text.empty() || (named.first == 1 && (text == "undefined" || text == "0"));
}

}  // namespace

std::optional<std::uint32_t> task_index()
{
    std::optional<std::uint32_t> index;
    std::string said_by;
    for (const index_variable& each : index_variables) {
        const auto text = variable(each.name);
        if (!text || says_none(each, *text)) continue;
        if (index)
            throw usage_error(
                fmt::format("both {} and {} are set; say with --task or --shard what is meant", said_by, each.name));
        index = checked(each.name, *text, each.first) - each.first;
        said_by = each.name;
    }
    const auto offset = variable(offset_name);
    if (!index || !offset || offset->empty()) return index;
    const std::uint64_t sum = std::uint64_t{*index} + checked(offset_name, *offset, 0);
    if (sum > std::numeric_limits<std::uint32_t>::max())
        throw usage_error(fmt::format("{}={}: that is no index of a task", offset_name, *offset));
    return static_cast<std::uint32_t>(sum);
}

std::vector<std::uint32_t> numbers_in(const std::vector<std::string>& words, std::uint32_t count)
{
    std::vector<std::uint32_t> numbers;
    const auto add = [&](const std::string& part) {
        if (part == "all") {
            for (std::uint32_t i = 0; i < count; ++i) numbers.push_back(i);
            return;
        }
        const std::size_t dash = part.find('-');
        const auto first = number_in(std::string_view(part).substr(0, dash));
        const auto last = dash == part.npos ? first : number_in(std::string_view(part).substr(dash + 1));
        if (!first || !last || *first > *last)
            throw usage_error(fmt::format("'{}': expected numbers such as 0-3,7, or all", part));
        if (*last >= count) throw usage_error(fmt::format("{}: the last one is {}", part, count - 1));
        for (std::uint32_t i = *first; i <= *last; ++i) numbers.push_back(i);
    };
    for (const std::string& word : words) {
        std::istringstream parts(word);
        for (std::string part; std::getline(parts, part, ',');) add(part);
    }
    if (numbers.empty()) throw usage_error("no shard is named; expected numbers such as 0-3,7, or all");
    return numbers;
}

std::string in_ranges(const std::vector<std::uint32_t>& numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[i]);
        if (last > i) text += fmt::format("-{}", numbers[last]);
        i = last + 1;
    }
    return text;
}

}  // namespace reelpipe::cli
