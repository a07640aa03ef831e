// One JSON object whose keys are video ids, of any size:
//     Kinetics       {"---QUuC4vJs": {"annotations": {"label": "testifying", "segment": [84.0, 94.0]}, "subset": ...}}
//     ActivityNet    {"version": ..., "database": {ID: {"annotations": [{"label": ..., "segment": [s, e]}], ...}}}
//                    and HACS Segments
//     HowTo100M      caption.json: {ID: {"text": [...], "start": [...], "end": [...]}}
#include "stages/annotations/formats/formats.hpp"
#include "stages/annotations/json_text.hpp"
#include "stages/annotations/json_walk.hpp"

namespace reelpipe::annotations {

namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::string_view database_key = "database";

std::string_view text_or_nothing(object& about, std::string_view key)
{
    std::optional<value> text = member_of(about, key);
    if (!text || text->type() != json_type::string) return {};
    return text->get_string();
}

// An annotation has one label, which may be empty, or an array of them.
std::vector<std::string> labels_of(object& about)
{
    std::optional<value> label = member_of(about, "label");
    if (!label) return {""};
    if (label->type() != json_type::array) return {text_of(*label)};
    std::vector<std::string> all = texts_in(label->get_array()).value_or(std::vector<std::string>{});
    if (all.empty()) all.emplace_back();
    return all;
}

class keyed_rows : public row_source {
public:
    explicit keyed_rows(list_input& input) : walk_(input) {}

    std::optional<std::uint64_t> next(row_sink& sink) override
    {
        if (!is_entered_ && !enter()) return std::nullopt;
        if (!walk_.next()) return std::nullopt;
        const std::uint64_t line = walk_.line();
        const std::optional<std::string_view> text = walk_.value();
        if (!text)
            sink.add_error("the value of " + in_quotes(walk_.key()) + " has more than " +
                           std::to_string(json_walk::max_value_bytes) + " bytes");
        else
            read(*text, sink);
        return line;
    }

private:
    // Goes to the videos.
    bool enter()
    {
        is_entered_ = true;
        walk_.enter();
        if (!has_database_) return true;
        while (walk_.next())
            if (walk_.key() == database_key) {
                walk_.enter();
                return true;
            }
        return false;
    }

    void read(std::string_view text, row_sink& sink)
    {
        const std::size_t before = sink.contents().size();
        try {
            simdjson::ondemand::document document = json_.parse(text);
            object video = document.get_object();
            read_video(id(), video, sink);
        } catch (const simdjson::simdjson_error& e) {
            sink.contents().resize(before, row_error{});
            sink.add_error("the value of " + in_quotes(walk_.key()) + " is not as expected: " + e.what());
        }
    }

    // Some write "v_" in front of ids, as the names of ActivityNet's files have it.
    std::string_view id() const
    {
        const std::string_view key = walk_.key();
        const bool is_prefixed = key.size() == youtube_id_size + 2 && key.starts_with("v_");
        return is_prefixed ? key.substr(2) : key;
    }

    static void read_video(std::string_view video, object& about, row_sink& sink)
    {
        std::optional<value> annotations = member_of(about, "annotations");
        if (!annotations) return read_captions(video, about, sink);
        // Strings stay where the parser put them, so the split may be asked for first or last.
        const std::size_t before = sink.contents().size();
        if (annotations->type() == json_type::array)
            for (value each : annotations->get_array()) read_one_of(video, each, sink);
        else
            read_annotation(video, annotations->get_object(), sink);
        const std::string_view split = text_or_nothing(about, "subset");
        for (std::size_t i = before; i < sink.contents().size(); ++i)
            if (auto* const clip = std::get_if<clip_request>(&sink.contents()[i])) clip->split = split;
    }

    // One that is not as expected costs only itself.
    static void read_one_of(std::string_view video, value each, row_sink& sink)
    {
        try {
            read_annotation(video, each.get_object(), sink);
        } catch (const simdjson::simdjson_error& e) {
            if (e.error() != simdjson::INCORRECT_TYPE && e.error() != simdjson::NO_SUCH_FIELD) throw;
            sink.add_error("an annotation of " + in_quotes(video) + " is not as expected: " + e.what());
        }
    }

    static void read_annotation(std::string_view video, object about, row_sink& sink)
    {
        std::chrono::microseconds times[2];
        std::size_t count = 0;
        for (value each : about.find_field_unordered("segment").get_array()) {
            const auto time = time_in(each, time_unit::seconds);
            if (!time || count == 2) return sink.add_error("the segment of " + in_quotes(video) + " is not two times");
            times[count++] = *time;
        }
        if (count != 2) return sink.add_error("the segment of " + in_quotes(video) + " is not two times");
        for (const std::string& label : labels_of(about)) {
            sink.add(video, {times[0], times[1]}, label, {});
            if (std::holds_alternative<row_error>(sink.contents().back())) return;
        }
    }

    static void read_captions(std::string_view video, object& about, row_sink& sink)
    {
        std::vector<std::chrono::microseconds> starts;
        for (value each : about.find_field_unordered("start").get_array())
            starts.push_back(time_in(each, time_unit::seconds).value_or(std::chrono::microseconds(-1)));
        std::size_t at = 0;
        for (value each : about.find_field_unordered("end").get_array()) {
            const auto end = time_in(each, time_unit::seconds).value_or(std::chrono::microseconds(-1));
            if (at == starts.size()) break;
            sink.add(video, {starts[at++], end}, {}, {});
        }
        if (at != starts.size()) sink.add_error("there are fewer ends than starts for " + in_quotes(video));
    }

public:
    void expect_database() { has_database_ = true; }

private:
    json_walk walk_;
    json_text json_;
    bool has_database_ = false;
    bool is_entered_ = false;
};

// The first key of an object, and the sign with which its value begins.
struct first_member {
    std::string_view key{};
    char value = '\0';
};

first_member first_member_of(std::string_view start)
{
    constexpr std::string_view blanks = " \t\r\n";
    const auto pass = [&start](std::string_view signs) {
        start.remove_prefix(std::min(start.find_first_not_of(signs), start.size()));
    };
    pass(blanks);
    if (!start.starts_with('{')) return {};
    start.remove_prefix(1);
    pass(blanks);
    if (!start.starts_with('"')) return {};
    const std::size_t end = start.find('"', 1);
    if (end == std::string_view::npos) return {};
    first_member found{.key = start.substr(1, end - 1)};
    start.remove_prefix(end + 1);
    pass(" \t\r\n:");
    if (!start.empty()) found.value = start.front();
    return found;
}

bool is_activity_net(std::string_view key)
{
    return key == database_key || key == "taxonomy" || key == "version" || key == "VERSION";
}

bool is_keyed_json(const list_head& head, const list_options&)
{
    const first_member first = first_member_of(head.start);
    return first.value == '{' || is_activity_net(first.key);
}

std::unique_ptr<row_source> open_keyed_json(list_input& input, const list_head& head, const list_options&)
{
    auto rows = std::make_unique<keyed_rows>(input);
    if (is_activity_net(first_member_of(head.start).key)) rows->expect_database();
    return rows;
}

}  // namespace

const format keyed_json_format{.name = "json",
                               .looks = "JSON by video id (Kinetics, ActivityNet, HACS Segments)",
                               .fits = is_keyed_json,
                               .open = open_keyed_json};

}  // namespace reelpipe::annotations
