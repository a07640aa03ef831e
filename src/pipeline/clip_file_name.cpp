#include "pipeline/clip_file_name.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "stages/annotations/times.hpp"
#include "stages/annotations/video_name.hpp"

namespace reelpipe {

using annotations::time_unit;
using std::chrono::microseconds;

namespace {

// Names of clips in milliseconds have at least this between their times; names in seconds have less.
constexpr microseconds least_of_milliseconds = std::chrono::seconds(1);

struct last_part {
    std::string_view before{}, part{};
};
std::optional<last_part> split_last(std::string_view text)
{
    const std::size_t at = text.rfind('_');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return std::nullopt;
    return last_part{text.substr(0, at), text.substr(at + 1)};
}

// Digits, perhaps with a fraction: what else parse_time() takes is no part of a file's name.
bool is_number(std::string_view text)
{
    return text.find_first_not_of("0123456789.") == std::string_view::npos && text.find('.') != 0;
}

std::optional<microseconds> time_in(std::string_view text, time_unit unit)
{
    return is_number(text) ? annotations::parse_time(text, unit) : std::nullopt;
}

// Whole seconds are often cut off, or rounded.
microseconds exactness(std::string_view time, time_unit unit)
{
    const bool is_whole = time.find('.') == std::string_view::npos;
    return unit == time_unit::seconds && is_whole ? std::chrono::seconds(1) : std::chrono::milliseconds(1);
}

// The names that reelpipe gives have unusual bytes as %XX.
std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char value = 0;
        const char* const digits = text.data() + i + 1;
        const bool is_escape =
            text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
        plain += is_escape ? static_cast<char>(value) : text[i];
        if (is_escape) i += 2;
    }
    return plain;
}

std::optional<clip_file_name> with_both_times(std::string_view stem, time_unit unit)
{
    const auto last = split_last(stem);
    const auto first = last ? split_last(last->before) : std::nullopt;
    if (!first) return std::nullopt;
    const auto start = time_in(first->part, unit), end = time_in(last->part, unit);
    if (!start || !end || *end <= *start) return std::nullopt;
    return clip_file_name{.video = unescaped(first->before),
                          .start = *start,
                          .end = end,
                          .exact_to = std::max(exactness(first->part, unit), exactness(last->part, unit))};
}

// How far the times of a clip are from those of a name; nothing: too far.
std::optional<microseconds> distance(const clip_file_name& name, const segment& wanted)
{
    const microseconds at_start = std::chrono::abs(wanted.start - name.start);
    const microseconds at_end = name.end ? std::chrono::abs(wanted.end - *name.end) : microseconds{};
    if (at_start >= name.exact_to || at_end >= name.exact_to) return std::nullopt;
    return at_start + at_end;
}

// The nearest clip of the video, under all its labels.
std::vector<wanted_clip> clips_of(const clip_file_name& name, work_list& wanted)
{
    std::vector<wanted_clip> all = wanted.of_video(name.video);
    std::optional<std::pair<microseconds, segment>> best;
    for (const wanted_clip& each : all) {
        const auto off = distance(name, each.clip.wanted);
        if (off && (!best || *off < best->first)) best = {*off, each.clip.wanted};
    }
    std::erase_if(all, [&](const wanted_clip& each) { return !best || each.clip.wanted != best->second; });
    return all;
}

constexpr std::string_view whole_video = "v_";  // as ActivityNet and HACS name theirs

}  // namespace

std::vector<clip_file_name> readings_of(std::string_view stem)
{
    std::vector<clip_file_name> all;
    if (auto name = with_both_times(stem, time_unit::seconds)) all.push_back(std::move(*name));
    if (auto name = with_both_times(stem, time_unit::milliseconds))
        if (*name->end - name->start >= least_of_milliseconds) all.push_back(std::move(*name));
    if (const auto last = split_last(stem))
        if (const auto start = time_in(last->part, time_unit::seconds))
            all.push_back({.video = unescaped(last->before),
                           .start = *start,
                           .exact_to = exactness(last->part, time_unit::seconds)});
    return all;
}

named_clips clips_named(std::string_view stem, work_list& wanted)
{
    for (const clip_file_name& name : readings_of(stem)) {
        std::vector<wanted_clip> clips = clips_of(name, wanted);
        if (!clips.empty()) return {.clips = std::move(clips)};
    }
    std::vector<wanted_clip> all = wanted.of_video(unescaped(stem));
    if (all.empty() && stem.starts_with(whole_video)) all = wanted.of_video(stem.substr(whole_video.size()));
    return {.clips = std::move(all), .is_whole = true};
}

bool is_name_of_clip(std::string_view stem)
{
    if (with_both_times(stem, time_unit::seconds) || annotations::is_youtube_id(stem)) return true;
    if (stem.starts_with(whole_video)) return annotations::is_youtube_id(stem.substr(whole_video.size()));
    const auto last = split_last(stem);
    return last && is_number(last->part) && annotations::is_youtube_id(last->before);
}

}  // namespace reelpipe
