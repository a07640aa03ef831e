#include "stages/annotations/times.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace reelpipe::annotations {

namespace {

using std::chrono::microseconds;

constexpr std::int64_t limit = microseconds(max_time).count();
constexpr std::int64_t minute = 60'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many decimal places of a unit are whole microseconds.
std::size_t places_of(time_unit unit)
{
    switch (unit) {
        case time_unit::seconds:
            return 6;
        case time_unit::milliseconds:
            return 3;
        case time_unit::microseconds:
            break;
    }
    return 0;
}

std::optional<microseconds> from_exponent(std::string_view text, std::size_t places)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !is_digit(text.front())) return std::nullopt;
    for (std::size_t i = 0; i < places; ++i) number *= 10;
    if (!(number <= static_cast<double>(limit))) return std::nullopt;
    return microseconds(std::llround(number));
}

std::optional<microseconds> from_decimal(std::string_view text, char point_sign, std::size_t places)
{
    const std::size_t point = text.find(point_sign);
    const std::string_view whole = text.substr(0, point);
    const std::string_view decimals = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() && decimals.empty()) return std::nullopt;
    if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) {
        if (text.find_first_of("eE") == std::string_view::npos) return std::nullopt;
        return from_exponent(text, places);
    }
    std::int64_t count = 0;
    for (const char c : whole) {
        count = count * 10 + (c - '0');
        if (count > limit) return std::nullopt;
    }
    for (std::size_t place = 0; place < places; ++place)
        count = count * 10 + (place < decimals.size() ? decimals[place] - '0' : 0);
    if (decimals.size() > places && decimals[places] >= '5') ++count;
    if (count > limit) return std::nullopt;
    return microseconds(count);
}

// "H:MM:SS" or "MM:SS", with decimals.
std::optional<microseconds> from_clock(std::string_view text)
{
    const std::size_t last = text.rfind(':');
    const std::string_view seconds_text = text.substr(last + 1);
    const auto seconds = from_decimal(seconds_text, seconds_text.find(',') == std::string_view::npos ? '.' : ',', 6);
    if (!seconds || seconds->count() >= minute || seconds_text.empty() || !is_digit(seconds_text.front()))
        return std::nullopt;
    std::string_view before = text.substr(0, last);
    std::int64_t minutes = 0;
    int parts = 0;
    while (true) {
        const std::size_t colon = before.find(':');
        const std::string_view part = before.substr(0, colon);
        unsigned value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc{} || end != part.data() + part.size() || value > limit / minute) return std::nullopt;
        if (parts > 0 && value >= 60) return std::nullopt;
        minutes = minutes * 60 + value;
        ++parts;
        if (colon == std::string_view::npos) break;
        before.remove_prefix(colon + 1);
    }
    if (parts > 2 || minutes > limit / minute) return std::nullopt;
    const microseconds time(minutes * minute + seconds->count());
    if (time > max_time) return std::nullopt;
    return time;
}

}  // namespace

std::optional<microseconds> parse_time(std::string_view text, time_unit unit)
{
    if (text.find(':') != std::string_view::npos) return from_clock(text);
    return from_decimal(text, '.', places_of(unit));
}

}  // namespace reelpipe::annotations
