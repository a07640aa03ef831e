#include "cli/printing.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <iterator>

namespace reelpipe::cli {

namespace {

struct character {
    char32_t code = 0;
    std::size_t bytes = 0;  // 0: these bytes are no UTF-8
};

// The first character of a text that is not empty. Overlong forms, surrogates and cut sequences are no characters.
character first_of(std::string_view text)
{
    static constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned head = byte(0);
    if (head < 0x80) return {head, 1};
    const std::size_t bytes = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : 2;
    if (head < 0xc2 || head > 0xf4 || text.size() < bytes) return {};
    char32_t code = head & (0x7fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0u) != 0x80u) return {};
        code = code << 6u | (byte(i) & 0x3fu);
    }
    if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
    return {code, bytes};
}

// Controls, what Unicode calls Bidi_Control, and its two separators of lines.
bool is_control(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

std::string visible(std::string_view text, std::size_t most, bool one_line)
{
    std::string shown;
    for (std::size_t at = 0; at < text.size() && at < most;) {
        const auto [code, bytes] = first_of(text.substr(at));
        if (bytes == 0)
            fmt::format_to(std::back_inserter(shown), "\\x{:02x}", static_cast<unsigned char>(text[at]));
        else if (code == '\n' || code == '\t')
            shown += one_line ? ' ' : static_cast<char>(code);
        else if (is_control(code))
            fmt::format_to(std::back_inserter(shown), "\\u{:04x}", static_cast<unsigned>(code));
        else
            shown += text.substr(at, bytes);
        at += bytes == 0 ? 1 : bytes;
    }
    return shown;
}

}  // namespace

std::string harmless(std::string_view text) { return visible(text, text.npos, false); }

std::string in_one_line(std::string_view text, std::size_t most) { return visible(text, most, true); }

void print(std::FILE* to, std::string_view text)
{
    const std::string shown = harmless(text);
    std::fwrite(shown.data(), 1, shown.size(), to);
}

void print_row(std::FILE* to, std::string_view text)
{
    if (isatty(fileno(to)))
        print(to, text);
    else
        std::fwrite(text.data(), 1, text.size(), to);
}

line_printer::~line_printer() { print(to_, line_); }

std::streambuf::int_type line_printer::overflow(int_type next)
{
    const char c = traits_type::to_char_type(next);
    if (!traits_type::eq_int_type(next, traits_type::eof())) xsputn(&c, 1);
    return traits_type::not_eof(next);
}

std::streamsize line_printer::xsputn(const char* text, std::streamsize size)
{
    line_.append(text, static_cast<std::size_t>(size));
    if (const std::size_t end = line_.rfind('\n'); end != line_.npos) {
        print(to_, std::string_view(line_).substr(0, end + 1));
        line_.erase(0, end + 1);
    }
    return size;
}

void print_error(std::string_view what) { print(stderr, fmt::format("error: {}\n", in_one_line(what))); }

}  // namespace reelpipe::cli
