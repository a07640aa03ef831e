#include "isolation/message_parts.hpp"

#include <limits>
#include <stdexcept>

#include "media/limits.hpp"

namespace reelpipe::isolation {

using nlohmann::json;

json parse_message(const std::string& text)
{
    constexpr int deepest = 3;  // the ranges of a file of a job, the samples of the parts of a clip
    const auto check = [](int depth, json::parse_event_t event, const json& value) {
        if (depth > deepest &&
            (event == json::parse_event_t::array_start || event == json::parse_event_t::object_start))
            throw std::invalid_argument("a message between processes is nested too deeply");
        // A fraction, or a number with a hundred digits, would be converted to what it does not fit into.
        if (event == json::parse_event_t::value && value.is_number_float())
            throw std::invalid_argument("a message between processes has a number that is not whole");
        return true;
    };
    return json::parse(text, check);
}

std::int64_t number_in(const json& from, std::int64_t least, std::int64_t most)
{
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const bool fits = !from.is_number_unsigned() || from.get<std::uint64_t>() <= largest;
    const auto number = from.get<std::int64_t>();
    if (!fits || number < least || number > most) throw std::invalid_argument("a number out of range");
    return number;
}

std::uint64_t size_in(const json& from, std::uint64_t most)
{
    const auto number = from.get<std::uint64_t>();
    if (!from.is_number_unsigned() || number > most) throw std::invalid_argument("a size out of range");
    return number;
}

std::string name_in(const json& from)
{
    constexpr std::size_t longest = 200;
    std::string name = from;
    if (name.size() > longest) throw std::invalid_argument("a name that is too long");
    return name;
}

std::chrono::microseconds video_time_in(const json& from)
{
    const std::int64_t ticks =
        number_in(from, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    if (!media::is_time(ticks, av::microsecond)) throw std::invalid_argument("a time out of range");
    return std::chrono::microseconds(ticks);
}

json to_json(const media::splice& parts)
{
    const auto& [numerator, denominator, samples, copy_begin, copy_end, sets] = parts;
    json all = json::array();
    for (const auto& [time, print] : samples) all.push_back({time, print});
    return {numerator, denominator, all, copy_begin, copy_end, sets};
}

std::optional<media::splice> splice_in(const json& from)
{
    if (from.is_null()) return std::nullopt;
    constexpr int max_ticks = std::numeric_limits<int>::max();
    const json& samples = from.at(2);
    const auto count = static_cast<std::int64_t>(samples.size());
    media::splice parts{.time_base_numerator = static_cast<int>(number_in(from.at(0), 1, max_ticks)),
                        .time_base_denominator = static_cast<int>(number_in(from.at(1), 1, max_ticks)),
                        .copy_end = number_in(from.at(4), 0, count),
                        .sets = from.at(5)};
    parts.copy_begin = number_in(from.at(3), 0, parts.copy_end);
    for (const json& each : samples) parts.samples.push_back({each.at(0), each.at(1)});
    return parts;
}

}  // namespace reelpipe::isolation
