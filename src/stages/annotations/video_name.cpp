#include "stages/annotations/video_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace reelpipe::annotations {

namespace {

bool is_id_sign(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

// "1.23457E+17"
bool is_rounded_number(std::string_view text)
{
    const std::size_t sign = text.find("E+");
    if (sign == std::string_view::npos || sign == 0) return false;
    const std::string_view mantissa = text.substr(0, sign), exponent = text.substr(sign + 2);
    return is_all_digits(exponent) && mantissa.find_first_not_of("0123456789.,") == std::string_view::npos;
}

// "#NAME?", "#REF!", "#N/A"
bool is_formula_error(std::string_view text)
{
    constexpr std::array<std::string_view, 8> known{"#NAME?", "#REF!",  "#VALUE!", "#DIV/0!",
                                                    "#N/A",   "#NULL!", "#NUM!",   "#ERROR!"};
    return std::ranges::find(known, text) != known.end();
}

// "TRUE", "5-Jan", "Jan-05": what a word or a date in an id becomes.
bool is_truth_or_date(std::string_view text)
{
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text == "TRUE" || text == "FALSE") return true;
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return false;
    const std::string_view first = text.substr(0, dash), second = text.substr(dash + 1);
    const auto is_month = [&](std::string_view word) { return std::ranges::find(months, word) != months.end(); };
    return (is_month(first) && is_all_digits(second)) || (is_all_digits(first) && is_month(second));
}

// "1E5", "1.5e07", "1.20E-05": what an id of digits around an E becomes.
bool is_power_of_ten(std::string_view text)
{
    const std::size_t e = text.find_first_of("eE");
    if (e == std::string_view::npos) return false;
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('-')) exponent.remove_prefix(1);
    if (!is_all_digits(exponent)) return false;
    const std::string_view number = text.substr(0, e);
    const std::size_t point = number.find('.');
    return is_all_digits(number.substr(0, point)) &&
           (point == std::string_view::npos || is_all_digits(number.substr(point + 1)));
}

std::string_view first_id_in(std::string_view text)
{
    const auto end = std::ranges::find_if_not(text, is_id_sign);
    const auto size = static_cast<std::size_t>(end - text.begin());
    return size == youtube_id_size ? text.substr(0, size) : std::string_view{};
}

}  // namespace

bool is_all_digits(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_youtube_id(std::string_view text)
{
    return text.size() == youtube_id_size && std::ranges::all_of(text, is_id_sign);
}

bool is_web_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

std::string_view video_in(std::string_view text)
{
    if (text.size() > 1 && text.front() == '\'' && std::string_view("=+-@'").find(text[1]) != text.npos)
        return text.substr(1);
    if (!is_web_url(text)) return text;
    const std::size_t host_begin = text.find("//") + 2;
    const std::size_t host_end = std::min(text.find('/', host_begin), text.size());
    std::string_view host = text.substr(host_begin, host_end - host_begin);
    for (const std::string_view prefix : {"www.", "m.", "music."})
        if (host.starts_with(prefix)) host.remove_prefix(prefix.size());
    const std::string_view path = text.substr(host_end);
    std::string_view id;
    if (host == "youtu.be" && !path.empty()) {
        id = first_id_in(path.substr(1));
    } else if (host == "youtube.com" || host == "youtube-nocookie.com") {
        for (const std::string_view prefix : {"/shorts/", "/embed/", "/v/", "/live/"})
            if (path.starts_with(prefix)) id = first_id_in(path.substr(prefix.size()));
        if (path.starts_with("/watch?"))
            for (const std::string_view key : {"?v=", "&v="})
                if (const std::size_t at = path.find(key); id.empty() && at != std::string_view::npos)
                    id = first_id_in(path.substr(at + key.size()));
    }
    return id.empty() ? text : id;
}

std::optional<std::string> spreadsheet_damage(std::string_view id, bool of_youtube)
{
    if (is_formula_error(id) || (id.starts_with('=') && id.size() > 1))
        return "is what a spreadsheet makes of an id that begins with '-'; take it from the original list";
    if (is_rounded_number(id))
        return "is a number that a spreadsheet has rounded, not an id; take it from the original list";
    if (of_youtube && id.size() < youtube_id_size && is_power_of_ten(id))
        return "is a number in a spreadsheet's short form, not an id; take it from the original list";
    if (of_youtube && id.size() < youtube_id_size && is_truth_or_date(id))
        return "is what a spreadsheet makes of a word or a date, not an id; take it from the original list";
    if (of_youtube && id.size() < youtube_id_size && is_all_digits(id))
        return "has fewer than YouTube's 11 digits: a spreadsheet may have removed zeros; take it from the original "
               "list";
    return std::nullopt;
}

std::string in_quotes(std::string_view text)
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

}  // namespace reelpipe::annotations
