#include "stages/resolve/video_file_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace reelpipe::resolve {

namespace {

constexpr std::array<std::string_view, 19> endings{"mp4",  "m4v", "mov",  "webm", "mkv", "ts",  "mts",
                                                   "m2ts", "mpg", "mpeg", "avi",  "flv", "f4v", "3gp",
                                                   "3g2",  "ogv", "wmv",  "asf",  "vob"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool are_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

// "ID.f137" is what yt-dlp calls a file of one format.
std::string_view without_format(std::string_view stem)
{
    const std::size_t point = stem.rfind('.');
    if (point == stem.npos || point == 0 || stem.size() - point < 3 || stem[point + 1] != 'f') return stem;
    return are_digits(stem.substr(point + 2)) ? stem.substr(0, point) : stem;
}

// "000010" or "10.25", in seconds.
std::optional<std::chrono::microseconds> time_in(std::string_view text)
{
    constexpr std::size_t max_digits = 9, fraction_digits = 6;
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    std::string fraction(text.substr(std::min(point + 1, text.size())));
    if (!are_digits(whole) || whole.size() > max_digits) return std::nullopt;
    if (point < text.size() && (!are_digits(fraction) || fraction.size() > fraction_digits)) return std::nullopt;
    fraction.resize(fraction_digits, '0');
    std::int64_t microseconds = 0;
    for (const char digit : std::string(whole) + fraction) microseconds = microseconds * 10 + (digit - '0');
    return std::chrono::microseconds(microseconds);
}

}  // namespace

bool is_of_video(std::string_view name)
{
    std::string ending(name.substr(name.rfind('.') + 1));
    for (char& c : ending)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::ranges::find(endings, ending) != endings.end();
}

std::string known_endings()
{
    std::string all;
    for (const std::string_view each : endings) all += (all.empty() ? "" : ", ") + std::string(each);
    return all;
}

std::vector<std::string_view> ids_of(std::string_view stem)
{
    std::vector<std::string_view> all{stem};
    const std::string_view bare = without_format(stem);
    if (bare != stem) all.push_back(bare);
    if (bare.starts_with("v_")) all.push_back(bare.substr(2));
    const std::size_t bracket = bare.rfind('[');
    if (bracket != bare.npos && bare.back() == ']') all.push_back(bare.substr(bracket + 1, bare.size() - bracket - 2));
    std::erase(all, std::string_view());
    return all;
}

std::optional<named_clip> clip_of(std::string_view name)
{
    if (name.find('.') == name.npos || !is_of_video(name)) return std::nullopt;
    const std::string_view stem = stem_of(name);
    const std::size_t before_end = stem.rfind('_');
    if (before_end == stem.npos || before_end == 0) return std::nullopt;
    const std::size_t before_start = stem.rfind('_', before_end - 1);
    if (before_start == stem.npos || before_start == 0) return std::nullopt;
    const auto start = time_in(stem.substr(before_start + 1, before_end - before_start - 1));
    const auto end = time_in(stem.substr(before_end + 1));
    if (!start || !end || *start >= *end) return std::nullopt;
    return named_clip{stem.substr(0, before_start), {*start, *end}};
}

}  // namespace reelpipe::resolve
