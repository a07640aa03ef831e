#include "cli/serve/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <cctype>
#include <cstddef>

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
        case 431:
            return "Request Header Fields Too Large";
        case 503:
            return "Service Unavailable";
        default:
            return "";
    }
}

}  // namespace

std::string_view request::parameter(std::string_view name) const
{
    std::string_view rest = query;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        if (one.substr(0, one.find('=')) == name && one.size() > name.size()) return one.substr(name.size() + 1);
    }
    return {};
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
    std::string head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", r.status, text_of(r.status), r.type);
    if (!r.events) head += fmt::format("Content-Length: {}\r\n", r.body.size());
    for (const std::string& each : r.headers) head += each + "\r\n";
    return head +
           "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
           "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
           "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
           "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n";
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
