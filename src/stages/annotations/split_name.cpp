#include "stages/annotations/split_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace reelpipe::annotations {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> split_names{{
    {"validate", "val"},
    {"validation", "val"},
    {"valid", "val"},
    {"training", "train"},
    {"testing", "test"},
}};

}  // namespace

std::string canonical_split(std::string_view split)
{
    std::string lower(split);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const auto known = std::ranges::find(split_names, lower, [](const auto& pair) { return pair.first; });
    return known == split_names.end() ? lower : std::string(known->second);
}

}  // namespace reelpipe::annotations
