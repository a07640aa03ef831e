#ifndef REELPIPE_STAGES_FETCH_SCAN_HPP
#define REELPIPE_STAGES_FETCH_SCAN_HPP

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace reelpipe::fetch {

// Reading a header or a line of a playlist from the left: what was understood is taken off the text, anything else
// leaves it as it was.

inline bool take(std::string_view& text, std::string_view expected)
{
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

inline std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blank = " \t\r";
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

inline bool equal_but_for_case(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

template <class Number> std::optional<Number> take_number(std::string_view& text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

}  // namespace reelpipe::fetch

#endif
