#include "stages/resolve/json_fields.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>

#include "stages/resolve/web_url.hpp"

namespace reelpipe::resolve {

using simdjson::dom::object;

std::optional<std::string> text_in(object from, std::string_view key)
{
    std::string_view value;
    if (from.at_key(key).get(value)) return std::nullopt;
    return std::string(value);
}

std::optional<double> number_in(object from, std::string_view key)
{
    double value = 0;
    if (from.at_key(key).get(value) || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<std::chrono::system_clock::time_point> moment(std::optional<double> epoch_seconds)
{
    // Beyond the year 2261 it is no time but a slip, and would not fit the clock; a URL may also say "nan".
    if (!epoch_seconds || !(*epoch_seconds > 0 && *epoch_seconds <= 9.2e9)) return std::nullopt;
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(std::llround(*epoch_seconds * 1000)));
}

std::optional<std::chrono::system_clock::time_point> expiry_of(std::string_view url)
{
    for (const std::string_view mark : {"?expire=", "&expire=", "/expire/"}) {
        const std::size_t at = url.find(mark);
        if (at == std::string_view::npos) continue;
        double seconds = 0;
        const char* const begin = url.data() + at + mark.size();
        if (std::from_chars(begin, url.data() + url.size(), seconds).ec == std::errc{}) return moment(seconds);
    }
    return std::nullopt;
}

void read_headers(object from, std::string_view key, remote_file& file)
{
    object headers;
    if (from.at_key(key).get(headers)) return;
    for (const auto [name, value] : headers) {
        std::string_view text;
        if (value.get(text) || !is_one_line(name) || !is_one_line(text)) continue;
        // Media are read in ranges of the bytes as they are; what the client can decode is its own business.
        if (name == "Accept-Encoding" || name == "Range") continue;
        if (name == "Cookie")
            file.cookies = text;
        else
            file.headers.push_back(std::string(name).append(": ").append(text));
    }
}

}  // namespace reelpipe::resolve
