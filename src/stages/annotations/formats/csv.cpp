// Values with a header that names them: Kinetics, HACS Clips, ACAV100M, VideoCC, and whatever else has the usual names
// or is explained by the user. Separated by commas, semicolons or tabs.
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "stages/annotations/columns.hpp"
#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

struct header {
    char delimiter = ',';
    std::vector<std::string> names{};
    bool in_comment = false;
};

bool names_a_video(const std::vector<std::string>& names)
{
    try {
        const columns found = columns_of(names);
        return found.video != absent && names.size() > 1;
    } catch (const std::invalid_argument&) {
        return true;  // and more than one, which is to be told
    }
}

// The header is the first line that says something, or the comment in front of the first row.
std::optional<header> find_header(const list_head& head)
{
    for (const char delimiter : {',', '\t', ';'}) {
        header found{.delimiter = delimiter, .names = head.fields(delimiter)};
        if (names_a_video(found.names)) return found;
        if (head.comments.empty()) continue;
        found = {delimiter, list_head::split(std::string_view(head.comments.back()).substr(1), delimiter), true};
        if (names_a_video(found.names)) return found;
    }
    return std::nullopt;
}

class csv_rows : public fields_format {
public:
    csv_rows(columns where, bool unit_by_size, const list_options& options)
        : where_(where), unit_by_size_(unit_by_size), options_(&options)
    {
    }

    void read(const csv_line& line, row_sink& sink) override
    {
        if (where_.count != 0 ? line.fields() != where_.count : line.fields() <= last_place())
            return sink.add_error(fmt::format("has {} columns where the header has {}", line.fields(),
                                              where_.count != 0 ? where_.count : last_place() + 1));
        const auto value = [&](std::size_t place) { return place == absent ? std::string_view{} : line[place]; };
        if (where_.polarity != absent && !options_->negatives && value(where_.polarity).starts_with('-')) return;
        if (options_->cc_only && value(where_.is_cc) != "1") return;
        if (!where_.has_times()) return sink.add_video(value(where_.video), value(where_.label), value(where_.split));
        if (where_.end == absent) return read_duration(line, sink);
        sink.add({.video = value(where_.video),
                  .start = value(where_.start),
                  .end = value(where_.end),
                  .label = value(where_.label),
                  .split = value(where_.split),
                  .unit = unit_of(value(where_.end))});
    }

private:
    std::size_t last_place() const
    {
        std::size_t last = 0;
        for (const std::size_t place :
             {where_.video, where_.start, where_.end, where_.duration, where_.label, where_.split})
            if (place != absent) last = std::max(last, place);
        return last;
    }

    // VideoCC writes microseconds and does not say so; its first end tells.
    time_unit unit_of(std::string_view end)
    {
        if (!where_.unit) {
            const bool is_beyond_seconds = unit_by_size_ && is_all_digits(end) && !parse_time(end, time_unit::seconds);
            where_.unit = is_beyond_seconds ? time_unit::microseconds : time_unit::seconds;
        }
        return *where_.unit;
    }

    void read_duration(const csv_line& line, row_sink& sink)
    {
        const time_unit unit = where_.unit.value_or(time_unit::seconds);
        const auto start = parse_time(line[where_.start], unit);
        const auto duration = parse_time(line[where_.duration], unit);
        if (!start || !duration)
            return sink.add_error(fmt::format("the start {} or the duration {} is not a time",
                                              in_quotes(line[where_.start]), in_quotes(line[where_.duration])));
        sink.add(line[where_.video], {*start, *start + *duration},
                 where_.label == absent ? std::string_view{} : line[where_.label],
                 where_.split == absent ? std::string_view{} : line[where_.split]);
    }

    columns where_;
    bool unit_by_size_;
    const list_options* options_;
};

[[noreturn]] void refuse(const list_input& input, const header& found, const std::string& why)
{
    throw not_a_list(fmt::format(
        "{} is not an annotation list: {}; its columns are {}. Say which is which, such as --columns {}", input.name(),
        why, in_quotes(fmt::format("{}", fmt::join(found.names, ","))), "id=NAME,start=NAME,end=NAME,label=NAME"));
}

// Lists of whole videos, which name no part of them.
std::string whole_videos(const header& found)
{
    const auto has = [&](std::string_view name) { return std::ranges::find(found.names, name) != found.names.end(); };
    if (has("task_id") && has("rank"))
        return "no column holds start times: this looks like HowTo100M's list of whole videos; its caption.json has "
               "times";
    if (has("contentUrl") && has("page_dir"))
        return "no column holds start times: this looks like WebVid, whose videos are clips already";
    return "no column holds start times";
}

void check_license(const list_input& input, const columns& where, const list_options& options)
{
    if (options.cc_only && where.is_cc == absent)
        throw not_a_list(input.name() +
                         ": no column is named is_cc, which says whether a video has a Creative Commons license; "
                         "leave --cc-only out, or add that column");
}

bool names_urls(std::string_view column)
{
    constexpr std::string_view ending = "url";
    return column.size() >= ending.size() &&
           std::ranges::equal(column.substr(column.size() - ending.size()), ending,
                              [](char c, char known) { return c == known || c == known - 'a' + 'A'; });
}

std::unique_ptr<row_source> open_by_header(list_input& input, const header& found, const list_options& options)
{
    columns where;
    try {
        where = columns_of(found.names);
    } catch (const std::invalid_argument& e) {
        refuse(input, found, e.what());
    }
    if (where.video == absent) refuse(input, found, "no column holds video ids");
    if (!options.ids_suffice && where.start == absent) refuse(input, found, whole_videos(found));
    if (!options.ids_suffice && where.end == absent) refuse(input, found, "no column holds end times");
    check_license(input, where, options);
    const bool unit_by_size = names_urls(found.names[where.video]);
    return std::make_unique<fields_source>(input, found.delimiter,
                                           std::make_unique<csv_rows>(where, unit_by_size, options), !found.in_comment);
}

std::unique_ptr<row_source> open_by_choice(list_input& input, const list_head& head, const list_options& options)
{
    const column_choice choice = column_choice::parse(options.columns);
    header found{.delimiter = likely_delimiter(head.line), .names = {}};
    found.names = head.fields(found.delimiter);
    columns where;
    try {
        where = columns_of(found.names, choice);
    } catch (const std::invalid_argument& e) {
        throw not_a_list(fmt::format("{}: {}; its first line is {}", input.name(), e.what(), in_quotes(head.line)));
    }
    check_license(input, where, options);
    const time_unit unit = where.unit.value_or(time_unit::seconds);
    const bool is_headerless = choice.are_numbers() && parse_time(found.names[where.start], unit);
    if (!is_headerless) where.count = found.names.size();
    return std::make_unique<fields_source>(input, found.delimiter, std::make_unique<csv_rows>(where, false, options),
                                           !is_headerless);
}

bool is_csv(const list_head& head, const list_options& options)
{
    return !options.columns.empty() || find_header(head).has_value();
}

std::unique_ptr<row_source> open_csv(list_input& input, const list_head& head, const list_options& options)
{
    if (!options.columns.empty()) return open_by_choice(input, head, options);
    if (const auto found = find_header(head)) return open_by_header(input, *found, options);
    const char delimiter = likely_delimiter(head.line);
    refuse(input, {.delimiter = delimiter, .names = head.fields(delimiter)}, "no column holds video ids");
}

}  // namespace

const format csv_format{
    .name = "csv", .looks = "a table whose header names its columns", .fits = is_csv, .open = open_csv};

}  // namespace reelpipe::annotations
