#include "stages/cut/subtitles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>

namespace reelpipe::cut {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view arrow = "-->";

// Takes the digits that `text` begins with, from `least` to `most` of them.
std::optional<unsigned> take_number(std::string_view& text, std::size_t least, std::size_t most)
{
    unsigned number = 0;
    const char* const end = text.data() + std::min(text.size(), most);
    const auto [behind, error] = std::from_chars(text.data(), end, number);
    const auto length = static_cast<std::size_t>(behind - text.data());
    if (error != std::errc{} || length < least) return std::nullopt;
    text.remove_prefix(length);
    return number;
}

bool take(std::string_view& text, std::string_view one_of)
{
    if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

void skip_blanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

// Takes HH:MM:SS.mmm or MM:SS.mmm; SubRip has a comma for the point.
std::optional<milliseconds> take_time(std::string_view& text)
{
    std::optional<unsigned> hours = 0, minutes = take_number(text, 1, 5);
    if (!minutes || !take(text, ":")) return std::nullopt;
    std::optional<unsigned> seconds = take_number(text, 2, 2);
    if (seconds && take(text, ":")) {
        hours = minutes;
        minutes = seconds;
        seconds = take_number(text, 2, 2);
    }
    if (!seconds || !take(text, ".,")) return std::nullopt;
    const std::optional<unsigned> thousandths = take_number(text, 3, 3);
    if (!thousandths) return std::nullopt;
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) +
           milliseconds(*thousandths);
}

std::string in_words(milliseconds at)
{
    const auto all = at.count();
    return fmt::format("{:02}:{:02}:{:02}.{:03}", all / 3'600'000, all / 60'000 % 60, all / 1000 % 60, all % 1000);
}

// The next line, without its end.
std::string_view take_line(std::string_view& text)
{
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// A line with the times of single words, <00:01:02.500>, as they are from `start` on. Words from before have none.
std::string moved_words(std::string_view line, milliseconds start)
{
    std::string moved;
    while (!line.empty()) {
        const std::size_t tag = std::min(line.find('<'), line.size());
        moved += line.substr(0, tag);
        line.remove_prefix(tag);
        std::string_view rest = line.substr(std::min<std::size_t>(1, line.size()));
        const std::optional<milliseconds> at = take_time(rest);
        if (at && take(rest, ">")) {
            if (*at > start) moved += fmt::format("<{}>", in_words(*at - start));
            line = rest;
        } else if (!line.empty()) {
            moved += line.front();
            line.remove_prefix(1);
        }
    }
    return moved;
}

struct cue_times {
    milliseconds start, end;
    std::string_view settings;
};

std::optional<cue_times> times_in(std::string_view line)
{
    skip_blanks(line);
    const std::optional<milliseconds> start = take_time(line);
    skip_blanks(line);
    if (!start || !line.starts_with(arrow)) return std::nullopt;
    line.remove_prefix(arrow.size());
    skip_blanks(line);
    const std::optional<milliseconds> end = take_time(line);
    if (!end) return std::nullopt;
    return cue_times{*start, *end, line};
}

}  // namespace

std::string subtitles_within(std::string_view track, const segment& wanted)
{
    const auto start = std::chrono::duration_cast<milliseconds>(wanted.start);
    const auto end = std::chrono::duration_cast<milliseconds>(wanted.end);
    std::string found = "WEBVTT\n";
    while (!track.empty()) {
        const std::optional<cue_times> times = times_in(take_line(track));
        if (!times) continue;  // the name of a cue, or what is none
        const bool is_shown = times->start < end && times->end > start;
        if (is_shown)
            fmt::format_to(std::back_inserter(found), "\n{} --> {}{}\n",
                           in_words(std::max(times->start - start, milliseconds{})),
                           in_words(std::min(times->end, end) - start), times->settings);
        while (!track.empty()) {
            const std::string_view line = take_line(track);
            if (line.empty()) break;
            if (is_shown) found += moved_words(line, start) + '\n';
        }
    }
    return found;
}

}  // namespace reelpipe::cut
