#include "cli/serve/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

namespace reelpipe::cli::http {

namespace {

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string in_lower_case(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

std::optional<std::uint64_t> number_in(std::string_view text)
{
    std::uint64_t number = 0;
    const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || rest != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_visible(std::string_view text)
{
    return std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 127; });
}

// "GET /path?query HTTP/1.1"
bool take_first_line(std::string_view line, request& to)
{
    const std::size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    const std::string_view target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
    if (!version.starts_with("HTTP/1.") || !target.starts_with('/') || !is_visible(target)) return false;
    to.method = line.substr(0, first);
    const std::size_t mark = target.find('?');
    to.path = target.substr(0, mark);
    if (mark != std::string_view::npos) to.query = target.substr(mark + 1);
    return true;
}

bool take_header(std::string_view line, request& to)
{
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_visible(line.substr(0, colon))) return false;
    std::string name = in_lower_case(line.substr(0, colon));
    const bool is_first = to.headers.emplace(name, trimmed(line.substr(colon + 1))).second;
    return is_first || (name != "host" && name != "authorization");
}

std::string_view text_of(int status)
{
    switch (status) {
        case 200:
            return "OK";
        case 206:
            return "Partial Content";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 416:
            return "Range Not Satisfiable";
        case 422:
            return "Unprocessable Content";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "";
    }
}

}  // namespace

std::optional<std::string_view> request::parameter(std::string_view name) const
{
    std::string_view rest = query;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        if (one.substr(0, one.find('=')) == name && one.size() > name.size()) return one.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::string_view request::header(const std::string& name) const
{
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : found->second;
}

std::optional<request> parse_request(std::string_view head)
{
    request found;
    for (bool is_first = true; !head.empty(); is_first = false) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        if (!(is_first ? take_first_line(line, found) : take_header(line, found))) return std::nullopt;
    }
    if (found.path.empty()) return std::nullopt;
    return found;
}

std::string head_of(const response& r)
{
    constexpr const char* of_our_pages =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; media-src "
        "'self'; ";
    std::string head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", r.status, text_of(r.status), r.type);
    if (!r.events) head += fmt::format("Content-Length: {}\r\n", r.parts ? r.bytes_of_parts : r.body.size());
    for (const std::string& each : r.headers) head += each + "\r\n";
    return head +
           "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
           "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
           "Content-Security-Policy: " +
           (r.brings_policy ? "" : of_our_pages) +
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n";
}

response plain(int status, std::string_view text, std::string type)
{
    response r;
    r.status = status;
    r.type = std::move(type);
    r.body = text;
    return r;
}

std::optional<byte_range> range_in(std::string_view header, std::uint64_t size)
{
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return std::nullopt;
    header.remove_prefix(unit.size());
    const std::size_t dash = header.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const std::string_view before = header.substr(0, dash), after = header.substr(dash + 1);
    const std::optional<std::uint64_t> first = number_in(before), last = number_in(after);
    if ((!first && !before.empty()) || (!last && !after.empty()) || (!first && !last)) return std::nullopt;
    if (!first) return byte_range{size - std::min(*last, size), size};  // the last bytes
    if (last && *last < *first) return std::nullopt;
    return byte_range{std::min(*first, size), last && *last < size ? *last + 1 : size};
}

std::optional<std::string> decoded(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [rest, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || failed != std::errc() || rest != digits.data() + 2) return std::nullopt;
        plain += static_cast<char>(byte);
        i += 2;
    }
    return plain;
}

std::string encoded(std::string_view text)
{
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = byte < 128 && (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~');
        all += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return all;
}

bool is_same_secret(std::string_view given, std::string_view wanted)
{
    volatile unsigned char differs = given.size() == wanted.size() ? 0 : 1;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const char other = i < given.size() ? given[i] : '\0';
        differs = static_cast<unsigned char>(differs | static_cast<unsigned char>(wanted[i] ^ other));
    }
    return differs == 0;
}

bool is_loopback_host(std::string_view host)
{
    const std::size_t colon = host.rfind(':');
    const bool has_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos &&
                          (host.starts_with('[') || host.find(':') == colon);
    std::string name = in_lower_case(has_port ? host.substr(0, colon) : host);
    if (name == "localhost") return true;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    asio::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(name, no_address);
    return !no_address && address.is_loopback();
}

}  // namespace reelpipe::cli::http
