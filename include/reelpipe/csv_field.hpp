#ifndef REELPIPE_CSV_FIELD_HPP
#define REELPIPE_CSV_FIELD_HPP

#include <string>
#include <string_view>

namespace reelpipe {

// A text as a field of a CSV file (RFC 4180). Spreadsheets take a text for a formula that begins with one of
// = + - @, a tab or a carriage return; such a text, and one that begins with ', gets a ' in front. Who takes one '
// from the front of each field that begins with it has the text again.
inline std::string csv_field(std::string_view text)
{
    const bool looks_like_formula = !text.empty() && std::string_view("=+-@\t\r'").find(text.front()) != text.npos;
    std::string shown = looks_like_formula ? "'" + std::string(text) : std::string(text);
    if (shown.find_first_of(",\"\r\n") == shown.npos) return shown;
    std::string quoted = "\"";
    for (const char c : shown) {
        quoted += c;
        if (c == '"') quoted += c;
    }
    return quoted + '"';
}

}  // namespace reelpipe

#endif
