#include "stages/annotations/seconds.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace reelpipe::annotations {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::chrono::microseconds> parse_seconds(std::string_view text)
{
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view decimals = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() && decimals.empty()) return std::nullopt;
    if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) return std::nullopt;

    constexpr std::int64_t limit = std::chrono::microseconds(longest_time).count();
    std::int64_t count = 0;
    for (const char c : whole) {
        count = count * 10 + (c - '0');
        if (count > limit) return std::nullopt;
    }
    for (std::size_t place = 0; place < 6; ++place)
        count = count * 10 + (place < decimals.size() ? decimals[place] - '0' : 0);
    if (decimals.size() > 6 && decimals[6] >= '5') ++count;
    if (count > limit) return std::nullopt;
    return std::chrono::microseconds(count);
}

}  // namespace reelpipe::annotations
