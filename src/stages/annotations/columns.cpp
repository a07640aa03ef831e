#include "stages/annotations/columns.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <stdexcept>

#include "stages/annotations/list_head.hpp"
#include "stages/annotations/video_name.hpp"

namespace reelpipe::annotations {

namespace {

using std::invalid_argument;

constexpr std::string_view expected_columns =
    "expected id=COLUMN,start=COLUMN,end=COLUMN (or duration=), and perhaps label=, split=, unit=s, ms or us";

// Names without what same_name() passes over. A lower rank is the better name for the same thing.
struct column_name {
    std::string_view name;
    std::size_t columns::* place;
    unsigned rank = 0;
    std::optional<time_unit> unit{};
};

constexpr std::array known_columns{
    column_name{"youtubeid", &columns::video},
    column_name{"videoid", &columns::video},
    column_name{"ytid", &columns::video},
    column_name{"videourl", &columns::video, 1},
    column_name{"youtubeurl", &columns::video, 1},
    column_name{"url", &columns::video, 1},
    column_name{"video", &columns::video, 2},
    column_name{"id", &columns::video, 3},  // of a clip, where there is one of those, too
    column_name{"timestart", &columns::start},
    column_name{"starttime", &columns::start},
    column_name{"starttimestamp", &columns::start},
    column_name{"start", &columns::start},
    column_name{"startseconds", &columns::start, 0, time_unit::seconds},
    column_name{"startsec", &columns::start, 0, time_unit::seconds},
    column_name{"startms", &columns::start, 0, time_unit::milliseconds},
    column_name{"startus", &columns::start, 0, time_unit::microseconds},
    column_name{"timeend", &columns::end},
    column_name{"endtime", &columns::end},
    column_name{"endtimestamp", &columns::end},
    column_name{"end", &columns::end},
    column_name{"endseconds", &columns::end, 0, time_unit::seconds},
    column_name{"endsec", &columns::end, 0, time_unit::seconds},
    column_name{"endms", &columns::end, 0, time_unit::milliseconds},
    column_name{"endus", &columns::end, 0, time_unit::microseconds},
    column_name{"label", &columns::label},
    column_name{"labelname", &columns::label},
    column_name{"classname", &columns::label, 1},
    column_name{"class", &columns::label, 1},
    column_name{"category", &columns::label, 2},
    column_name{"split", &columns::split},
    column_name{"subset", &columns::split, 1},
    column_name{"iscc", &columns::is_cc},
};

bool is_same_name(std::string_view column, std::string_view known)
{
    std::size_t at = 0;
    for (char c : column) {
        if (c == '_' || c == '-' || c == ' ') continue;
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (at == known.size() || known[at++] != c) return false;
    }
    return at == known.size();
}

std::optional<std::size_t> number_in(std::string_view text)
{
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0 || number > 10'000) return std::nullopt;
    return number;
}

time_unit unit_in(std::string_view text)
{
    if (text == "s") return time_unit::seconds;
    if (text == "ms") return time_unit::milliseconds;
    if (text == "us") return time_unit::microseconds;
    throw invalid_argument("columns: unit=" + std::string(text) + " is not s, ms or us");
}

// With `names`, a column that is named so counts before one of that number.
std::size_t place_of(std::span<const std::string> header, const std::string& column, bool names)
{
    if (column.empty()) return absent;
    if (const auto found = std::ranges::find(header, column); names && found != header.end())
        return static_cast<std::size_t>(found - header.begin());
    if (const auto number = number_in(column)) {
        if (*number <= header.size()) return *number - 1;
        throw invalid_argument("columns: there is no column " + column + ", the first line has " +
                               std::to_string(header.size()));
    }
    throw invalid_argument("columns: no column is named " + in_quotes(column));
}

}  // namespace

column_choice column_choice::parse(std::string_view text)
{
    column_choice choice;
    std::set<std::string> named;
    for (const std::string& part : list_head::split(text, ',')) {
        const std::size_t sign = part.find('=');
        if (sign == std::string::npos || sign + 1 == part.size())
            throw invalid_argument("columns " + in_quotes(part) + ": " + std::string(expected_columns));
        const std::string key = part.substr(0, sign);
        std::string value = part.substr(sign + 1);
        if (!named.insert(key).second)
            throw invalid_argument("columns " + in_quotes(text) + ": " + in_quotes(key) + " is named twice");
        if (key == "unit")
            choice.unit = unit_in(value);
        else if (key == "id")
            choice.id = std::move(value);
        else if (key == "start")
            choice.start = std::move(value);
        else if (key == "end")
            choice.end = std::move(value);
        else if (key == "duration")
            choice.duration = std::move(value);
        else if (key == "label")
            choice.label = std::move(value);
        else if (key == "split")
            choice.split = std::move(value);
        else
            throw invalid_argument("columns " + in_quotes(part) + ": " + std::string(expected_columns));
    }
    if (choice.id.empty() || choice.start.empty() || choice.end.empty() == choice.duration.empty())
        throw invalid_argument("columns " + in_quotes(text) + ": " + std::string(expected_columns));
    return choice;
}

bool column_choice::are_numbers() const
{
    return std::ranges::all_of(std::array{&id, &start, &end, &duration, &label, &split},
                               [](const std::string* one) { return one->empty() || number_in(*one); });
}

namespace {

// The unit in which the times of a column are, if its name says so.
std::optional<time_unit> unit_of(std::span<const std::string> header, std::size_t place)
{
    if (place == absent) return std::nullopt;
    for (const column_name& known : known_columns)
        if (is_same_name(header[place], known.name) && known.unit) return known.unit;
    return std::nullopt;
}

// The one unit of all times. Where only one column names it, the others have it, too.
std::optional<time_unit> unit_of_times(std::span<const std::string> header, const columns& found)
{
    std::optional<time_unit> all;
    std::size_t first = absent;  // that names it
    for (const std::size_t place : {found.start, found.end, found.duration}) {
        const std::optional<time_unit> one = unit_of(header, place);
        if (all && one && *all != *one)
            throw invalid_argument("the column " + in_quotes(header[place]) + " has another unit than " +
                                   in_quotes(header[first]) + "; bring the times into one unit");
        if (!one) continue;
        all = one;
        first = place;
    }
    return all;
}

}  // namespace

columns columns_of(std::span<const std::string> header)
{
    columns found{.count = header.size()};
    std::array<unsigned, known_columns.size()> ranks{};
    std::size_t class_name = absent;
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (is_same_name(header[i], "classname")) class_name = i;
        for (const column_name& known : known_columns) {
            if (!is_same_name(header[i], known.name)) continue;
            std::size_t& place = found.*known.place;
            unsigned& rank = ranks.at(static_cast<std::size_t>(
                std::ranges::find(known_columns, known.place, &column_name::place) - known_columns.begin()));
            if (place != absent && rank == known.rank)
                throw invalid_argument("two columns are named " + in_quotes(header[place]) + " and " +
                                       in_quotes(header[i]));
            if (place != absent && rank < known.rank) continue;
            place = i;
            rank = known.rank;
        }
    }
    found.unit = unit_of_times(header, found);
    // HACS Clips: the class has a column of its own, and the label says whether the clip shows it.
    if (class_name != absent && found.label != class_name && is_same_name(header[found.label], "label")) {
        found.polarity = found.label;
        found.label = class_name;
    }
    return found;
}

columns columns_of(std::span<const std::string> header, const column_choice& choice)
{
    // Where all are numbers, the first line may be a row, which may hold the same numbers.
    const bool names = !choice.are_numbers();
    columns found;
    found.video = place_of(header, choice.id, names);
    found.start = place_of(header, choice.start, names);
    found.end = place_of(header, choice.end, names);
    found.duration = place_of(header, choice.duration, names);
    found.label = place_of(header, choice.label, names);
    found.split = place_of(header, choice.split, names);
    for (std::size_t i = 0; i < header.size(); ++i)
        if (is_same_name(header[i], "iscc")) found.is_cc = i;
    found.unit = choice.unit;
    return found;
}

}  // namespace reelpipe::annotations
