#include "stages/resolve/cookies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace reelpipe::resolve {

namespace {

std::string lower(std::string_view text)
{
    std::string made(text);
    for (char& c : made)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return made;
}

std::string host_of(std::string_view url)
{
    std::string_view rest = url.substr(std::min(url.size(), url.find("://") + 3));
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const std::size_t user = rest.rfind('@'); user != std::string_view::npos) rest.remove_prefix(user + 1);
    return lower(rest.substr(0, rest.rfind(':')));
}

bool belongs_to(const std::string& host, std::string domain)
{
    if (domain.starts_with('.')) domain.erase(0, 1);
    return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

// The next part in front of a semicolon that stands outside of quotes.
std::string_view take_part(std::string_view& rest)
{
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != ';'); ++end)
        if (rest[end] == '"' && (end == 0 || rest[end - 1] != '\\')) quoted = !quoted;
    std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    return part;
}

bool is_attribute(const std::string& name)
{
    constexpr std::array<std::string_view, 8> known{"path",    "secure",   "expires", "version",
                                                    "max-age", "httponly", "comment", "samesite"};
    return std::ranges::find(known, name) != known.end();
}

constexpr std::ptrdiff_t tabs_of_a_cookie = 6;  // domain, all hosts of it, path, secure, end, name, value

// As Python's http.cookiejar knows the form.
bool begins_cookie_file(const std::string& line)
{
    return line.starts_with("# Netscape HTTP Cookie File") || line.starts_with("# HTTP Cookie File") ||
           line.starts_with("#Netscape HTTP Cookie File") || line.starts_with("#HTTP Cookie File");
}

constexpr std::string_view not_for_scripts = "#HttpOnly_";  // begins a line that is no comment

// What stands in the line of a file; nothing for a comment or an empty line.
std::string_view cookie_in(std::string_view line)
{
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_comment = line.starts_with('#') && !line.starts_with(not_for_scripts);
    return is_comment || line.find_first_not_of(" \t") == line.npos ? std::string_view() : line;
}

}  // namespace

void check_cookie_file(const std::filesystem::path& path)
{
    const auto refuse = [&path](const std::string& why) {
        throw std::invalid_argument(
            path.string() + ": " + why +
            "; export the cookies in Netscape format, whose first line is \"# Netscape HTTP Cookie File\"");
    };
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) refuse("it is empty or cannot be read");
    if (line.starts_with('{') || line.starts_with('[')) refuse("it is JSON");
    if (!begins_cookie_file(line)) refuse("its first line is not that of a cookie file");
    for (int number = 2; std::getline(file, line); ++number) {
        const std::string_view cookie = cookie_in(line);
        if (!cookie.empty() && std::ranges::count(cookie, '\t') != tabs_of_a_cookie)
            refuse("line " + std::to_string(number) + " is no cookie, which is seven fields with a tab between them");
    }
}

cookie_ages cookie_ages_in(const std::filesystem::path& path, std::chrono::system_clock::time_point now)
{
    constexpr int tabs_before_the_end = 4;
    cookie_ages ages;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::string_view cookie = cookie_in(line);
        if (cookie.empty()) continue;
        for (int i = 0; i < tabs_before_the_end; ++i)
            cookie.remove_prefix(std::min(cookie.size(), cookie.find('\t') + 1));
        long long end = 0;
        std::from_chars(cookie.data(), cookie.data() + cookie.size(), end);
        ++ages.all;
        ages.expired += end > 0 && std::chrono::system_clock::time_point(std::chrono::seconds(end)) < now;
    }
    return ages;
}

std::string cookie_header(std::string_view cookies, std::string_view url)
{
    const std::string host = host_of(url);
    std::string header;
    std::string_view current;
    bool wanted = false;
    const auto keep_current = [&] {
        if (!current.empty() && wanted) header.append(header.empty() ? "" : "; ").append(current);
    };
    while (!cookies.empty()) {
        const std::string_view part = take_part(cookies);
        const std::string name = lower(part.substr(0, part.find('=')));
        if (name == "domain") {
            wanted = belongs_to(host, lower(part.substr(std::min(part.size(), name.size() + 1))));
        } else if (!is_attribute(name)) {
            keep_current();
            current = part.find('=') == std::string_view::npos ? std::string_view{} : part;
            wanted = true;  // without a domain it was set for the very host
        }
    }
    keep_current();
    return header;
}

}  // namespace reelpipe::resolve
