// JSON objects, one a line or all in one array:
//     InternVid     {"YoutubeID": "...", "Start_timestamp": "00:00:10.000", "End_timestamp": "00:00:20.000", ...}
//     HD-VILA       {"video_id": "...", "url": "...", "clip": [{"clip_id": ..., "span": ["00:00:10.000", "..."]}]}
// and any others whose keys are the usual names of columns, or are explained by the user.
#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "stages/annotations/columns.hpp"
#include "stages/annotations/formats/formats.hpp"
#include "stages/annotations/json_text.hpp"
#include "stages/annotations/json_walk.hpp"

namespace reelpipe::annotations {

namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// The members of one object that matter, as texts.
struct members {
    std::vector<std::string> names{}, texts{};
    std::map<std::size_t, std::vector<std::string>> lists{};   // those that are arrays of texts, by place
    std::vector<std::pair<std::string, std::string>> spans{};  // start and end of nested clips
    bool has_spans = false;

    std::string_view text(std::size_t place) const { return place == absent ? std::string_view{} : texts[place]; }

    // A row has one label, which may be empty, or an array of them.
    std::vector<std::string_view> labels(std::size_t place) const
    {
        const auto list = lists.find(place);
        if (list == lists.end() || list->second.empty()) return {text(place)};
        return {list->second.begin(), list->second.end()};
    }
};

std::pair<std::string, std::string> span_in(object clip)
{
    std::pair<std::string, std::string> found;
    std::size_t count = 0;
    for (value each : clip.find_field_unordered("span").get_array()) {
        if (count == 0) found.first = text_of(each);
        if (count == 1) found.second = text_of(each);
        ++count;
    }
    if (count != 2) found = {};
    return found;
}

// With `nulls`, those are members without a text; otherwise there are none.
members members_of(object about, bool nulls)
{
    members found;
    for (auto each : about) {
        const std::string_view key = each.unescaped_key();
        value v = each.value();
        if (v.type() == json_type::array && (key == "clip" || key == "clips")) {
            found.has_spans = true;
            for (value clip : v.get_array()) found.spans.push_back(span_in(clip.get_object()));
        } else if (v.type() == json_type::array) {
            auto texts = texts_in(v.get_array());
            if (!texts) continue;
            found.lists.emplace(found.names.size(), std::move(*texts));
            found.names.emplace_back(key);
            found.texts.emplace_back();
        } else if (v.type() == json_type::string || v.type() == json_type::number ||
                   (nulls && v.type() == json_type::null)) {
            found.names.emplace_back(key);
            found.texts.push_back(text_of(v));
        }
    }
    return found;
}

class object_reader {
public:
    explicit object_reader(const list_options& options) : options_(&options)
    {
        if (!options.columns.empty()) choice_ = column_choice::parse(options.columns);
    }

    void read(std::string_view text, row_sink& sink)
    {
        const std::size_t before = sink.contents().size();
        try {
            simdjson::ondemand::document document = json_.parse(text);
            read_members(members_of(document.get_object(), choice_.has_value()), sink);
        } catch (const simdjson::simdjson_error& e) {
            sink.contents().resize(before, row_error{});
            sink.add_error(std::string("is not a JSON object as expected: ") + e.what());
        } catch (const std::invalid_argument& e) {
            sink.add_error(e.what());
        }
    }

private:
    void read_members(const members& found, row_sink& sink)
    {
        const columns where = columns_in(found);
        if (where.video == absent) return sink.add_error("no member holds a video id");
        for (const std::string_view label : found.labels(where.label)) {
            read_clips(found, where, label, sink);
            if (sink.contents().empty() || std::holds_alternative<row_error>(sink.contents().back())) break;
        }
    }

    // A choice for other lists counts only where the members do not say by themselves what they are.
    columns columns_in(const members& found) const
    {
        if (choice_ && !options_->columns_if_unknown) return columns_of(found.names, *choice_);
        const columns usual = columns_of(found.names);
        return choice_ && usual.video == absent ? columns_of(found.names, *choice_) : usual;
    }

    void read_clips(const members& found, const columns& where, std::string_view label, row_sink& sink)
    {
        const std::string_view video = found.text(where.video), split = found.text(where.split);
        if (found.has_spans && !choice_) {
            for (const auto& [start, end] : found.spans)
                sink.add({.video = video, .start = start, .end = end, .label = label, .split = split});
            return;
        }
        const time_unit unit = where.unit.value_or(time_unit::seconds);
        if (!where.has_times()) {
            if (options_->ids_suffice) return sink.add_video(video, label, split);
            return sink.add_error("no members hold a start and an end");
        }
        if (where.end != absent)
            return sink.add({.video = video,
                             .start = found.text(where.start),
                             .end = found.text(where.end),
                             .label = label,
                             .split = split,
                             .unit = unit});
        const auto start = parse_time(found.text(where.start), unit);
        const auto duration = parse_time(found.text(where.duration), unit);
        if (!start || !duration) return sink.add_error("the start or the duration is not a time");
        sink.add(video, {*start, *start + *duration}, label, split);
    }

    const list_options* options_;
    std::optional<column_choice> choice_;
    json_text json_;
};

class object_lines : public row_source {
public:
    object_lines(list_input& input, const list_options& options) : lines_(input), reader_(options) {}

    std::optional<std::uint64_t> next(row_sink& sink) override
    {
        const std::optional<text_line> line = lines_.next();
        if (!line) return std::nullopt;
        if (line->too_long)
            sink.add_error("is longer than " + std::to_string(line_reader::max_line_bytes) + " bytes");
        else if (!is_blank(line->text))
            reader_.read(line->text, sink);
        return line->number;
    }

private:
    line_reader lines_;
    object_reader reader_;
};

class object_array : public row_source {
public:
    object_array(list_input& input, const list_options& options) : walk_(input), reader_(options) {}

    std::optional<std::uint64_t> next(row_sink& sink) override
    {
        if (!is_entered_) walk_.enter();
        is_entered_ = true;
        if (!walk_.next()) return std::nullopt;
        const std::uint64_t line = walk_.line();
        if (const auto text = walk_.value())
            reader_.read(*text, sink);
        else
            sink.add_error("has more than " + std::to_string(json_walk::max_value_bytes) + " bytes");
        return line;
    }

private:
    json_walk walk_;
    object_reader reader_;
    bool is_entered_ = false;
};

char first_sign(const list_head& head)
{
    const std::size_t at = head.start.find_first_not_of(" \t\r\n");
    return at == std::string::npos ? '\0' : head.start[at];
}

bool are_json_lines(const list_head& head, const list_options&)
{
    if (first_sign(head) == '{') return true;
    const std::size_t second = head.start.find_first_not_of("[ \t\r\n");
    return first_sign(head) == '[' && second != std::string::npos && head.start[second] == '{';
}

std::unique_ptr<row_source> open_json_lines(list_input& input, const list_head& head, const list_options& options)
{
    if (first_sign(head) == '[') return std::make_unique<object_array>(input, options);
    return std::make_unique<object_lines>(input, options);
}

}  // namespace

const format json_lines_format{.name = "jsonl",
                               .looks = "JSON objects, one a line or in an array (InternVid, HD-VILA)",
                               .fits = are_json_lines,
                               .open = open_json_lines};

}  // namespace reelpipe::annotations
