#ifndef REELPIPE_STAGES_ANNOTATIONS_JSON_TEXT_HPP
#define REELPIPE_STAGES_ANNOTATIONS_JSON_TEXT_HPP

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/annotations/times.hpp"

namespace reelpipe::annotations {

// simdjson, with the padding that it wants behind each text. One serves all rows of a list.
class json_text {
public:
    // Valid until the next call. Throws simdjson::simdjson_error.
    simdjson::ondemand::document parse(std::string_view text)
    {
        padded_.assign(text);
        padded_.reserve(text.size() + simdjson::SIMDJSON_PADDING);
        return parser_.iterate(simdjson::padded_string_view(padded_.data(), padded_.size(), padded_.capacity()));
    }

private:
    simdjson::ondemand::parser parser_;
    std::string padded_;
};

// The member of an object, if there is one. Throws simdjson_error for anything else that is wrong: after an error the
// object must not be asked again.
inline std::optional<simdjson::ondemand::value> member_of(simdjson::ondemand::object& object, std::string_view key)
{
    simdjson::ondemand::value found;
    const simdjson::error_code error = object.find_field_unordered(key).get(found);
    if (error == simdjson::NO_SUCH_FIELD) return std::nullopt;
    if (error != simdjson::SUCCESS) throw simdjson::simdjson_error(error);
    return found;
}

// A time that is a number or a text. Throws simdjson_error for another type.
inline std::optional<std::chrono::microseconds> time_in(simdjson::ondemand::value value, time_unit unit)
{
    if (value.type() == simdjson::ondemand::json_type::string)
        return parse_time(std::string_view(value.get_string()), unit);
    std::string_view token = value.raw_json_token();
    token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
    if (value.type() != simdjson::ondemand::json_type::number) return std::nullopt;
    return parse_time(token, unit);
}

// The text of a string or a number; empty for anything else.
inline std::string text_of(simdjson::ondemand::value value)
{
    if (value.type() == simdjson::ondemand::json_type::string) return std::string(std::string_view(value.get_string()));
    if (value.type() != simdjson::ondemand::json_type::number) return {};
    const std::string_view token = value.raw_json_token();
    return std::string(token.substr(0, token.find_last_not_of(" \t\r\n") + 1));
}

// The texts and numbers of an array, without nulls; nothing if anything else is in it.
inline std::optional<std::vector<std::string>> texts_in(simdjson::ondemand::array list)
{
    using simdjson::ondemand::json_type;
    std::vector<std::string> found;
    for (simdjson::ondemand::value each : list) {
        const json_type type = each.type();
        if (type != json_type::string && type != json_type::number && type != json_type::null) return std::nullopt;
        if (type != json_type::null) found.push_back(text_of(each));
    }
    return found;
}

}  // namespace reelpipe::annotations

#endif
