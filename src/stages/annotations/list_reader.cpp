#include "stages/annotations/list_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "stages/annotations/csv_line.hpp"
#include "stages/annotations/line_reader.hpp"
#include "stages/annotations/seconds.hpp"

namespace reelpipe::annotations {

namespace {

constexpr std::size_t absent = static_cast<std::size_t>(-1);

// Where the header says each value stands.
struct columns {
    std::size_t count = 0;
    std::size_t video = absent;
    std::size_t start = absent;
    std::size_t end = absent;
    std::size_t label = absent;
    std::size_t split = absent;
};

struct column_name {
    std::string_view name;
    std::size_t columns::* place;
};

constexpr std::array known_columns{
    column_name{"youtube_id", &columns::video}, column_name{"video-id", &columns::video},
    column_name{"time_start", &columns::start}, column_name{"start-time", &columns::start},
    column_name{"time_end", &columns::end},     column_name{"end-time", &columns::end},
    column_name{"label", &columns::label},      column_name{"label-name", &columns::label},
    column_name{"split", &columns::split},
};

bool same_name(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_text(std::string_view line)
{
    return line.find('\0') == std::string_view::npos && simdjson::validate_utf8(line.data(), line.size());
}

bool is_passed_over(std::string_view line)
{
    return line.starts_with('#') || line.find_first_not_of(" \t") == std::string_view::npos;
}

// Foreign text in a message: short, and without bytes that a terminal would obey.
std::string quoted(std::string_view text)
{
    constexpr std::size_t most = 40;
    std::string shown = "'";
    for (const char c : text.substr(0, most)) shown += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
    if (text.size() > most) {
        while ((static_cast<unsigned char>(shown.back()) & 0xc0u) == 0x80u) shown.pop_back();
        if (static_cast<unsigned char>(shown.back()) >= 0xc0u) shown.pop_back();
        shown += "...";
    }
    return shown + "'";
}

[[noreturn]] void refuse(const std::string& name, const std::string& why)
{
    throw not_a_list(name + " is no annotation list: " + why +
                     "; its first line must name the columns youtube_id,time_start,time_end (and label, split) or "
                     "video-id,start-time,end-time (and label-name)");
}

columns read_header(const std::string& name, const csv_line& header)
{
    columns found;
    found.count = header.fields();
    for (std::size_t i = 0; i < header.fields(); ++i)
        for (const auto& [known, place] : known_columns) {
            if (!same_name(header[i], known)) continue;
            if (found.*place != absent) refuse(name, "two columns are named " + std::string(known) + " or alike");
            found.*place = i;
        }
    if (found.video == absent) refuse(name, "no column holds video ids");
    if (found.start == absent) refuse(name, "no column holds start times");
    if (found.end == absent) refuse(name, "no column holds end times");
    return found;
}

row_error time_error(const char* which, std::string_view text)
{
    return {std::string("the ") + which + " time " + quoted(text) + " is no number of seconds from 0 to " +
            std::to_string(std::chrono::seconds(longest_time).count())};
}

std::variant<clip_request, row_error> read_row(const csv_line& line, const columns& where)
{
    if (line.fields() != where.count)
        return row_error{"has " + std::to_string(line.fields()) + " columns where the header has " +
                         std::to_string(where.count)};
    const auto value = [&](std::size_t place) { return place == absent ? std::string_view{} : line[place]; };
    if (value(where.video).empty()) return row_error{"the video id is empty"};
    const auto start = parse_seconds(value(where.start));
    if (!start) return time_error("start", value(where.start));
    const auto end = parse_seconds(value(where.end));
    if (!end) return time_error("end", value(where.end));
    if (*end <= *start)
        return row_error{"the end " + quoted(value(where.end)) + " is not after the start " +
                         quoted(value(where.start))};
    return clip_request{std::string(value(where.video)),
                        {*start, *end},
                        std::string(value(where.label)),
                        std::string(value(where.split))};
}

}  // namespace

class list_reader::implementation {
public:
    explicit implementation(std::string name) : name_(std::move(name)), lines_(name_)
    {
        std::optional<text_line> line = next_line();
        if (!line) refuse(name_, "it is empty");
        if (line->too_long || !is_text(line->text)) refuse(name_, "it is no text in UTF-8");
        if (!csv_.split(line->text)) refuse(name_, "a quote is left open in line " + std::to_string(line->number));
        columns_ = read_header(name_, csv_);
    }

    std::optional<row> next()
    {
        const std::optional<text_line> line = next_line();
        if (!line) return std::nullopt;
        return row{line->number, content_of(*line)};
    }

    const std::string& name() const { return name_; }

private:
    // The next line that says something.
    std::optional<text_line> next_line()
    {
        while (std::optional<text_line> line = lines_.next()) {
            if (line->number == 1 && line->text.starts_with("\xef\xbb\xbf")) line->text.remove_prefix(3);
            if (line->hopeless)
                refuse(name_, "line " + std::to_string(line->number) + " is longer than " +
                                  std::to_string(line_reader::hopeless_line) + " bytes");
            if (!is_passed_over(line->text)) return line;
        }
        return std::nullopt;
    }

    std::variant<clip_request, row_error> content_of(const text_line& line)
    {
        if (line.too_long) return row_error{"is longer than " + std::to_string(line_reader::longest_line) + " bytes"};
        if (!is_text(line.text)) return row_error{"is no text in UTF-8"};
        // Lines end rows, also inside of quotes; the rest of such a value must not pass for a row of its own.
        const bool has_odd_quotes = std::ranges::count(line.text, '"') % 2 != 0;
        if (std::exchange(is_open_, false) && has_odd_quotes) return row_error{"is the rest of a quoted value"};
        is_open_ = !csv_.split(line.text);
        if (is_open_) return row_error{"a quote is left open"};
        return read_row(csv_, columns_);
    }

    std::string name_;
    line_reader lines_;
    csv_line csv_;
    columns columns_;
    bool is_open_ = false;  // a quote of the row before
};

list_reader::list_reader(std::string name) : implementation_(std::make_unique<implementation>(std::move(name))) {}
list_reader::list_reader(list_reader&&) noexcept = default;
list_reader& list_reader::operator=(list_reader&&) noexcept = default;
list_reader::~list_reader() = default;

std::optional<row> list_reader::next() { return implementation_->next(); }
const std::string& list_reader::name() const { return implementation_->name(); }

}  // namespace reelpipe::annotations
