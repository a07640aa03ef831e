#include "stages/fetch/request_headers.hpp"

#include <algorithm>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>

#include "stages/fetch/scan.hpp"

namespace reelpipe::fetch {

namespace {

void append(header_lines& lines, const std::string& line)
{
    curl_slist* const all = curl_slist_append(lines.get(), line.c_str());
    if (!all) throw std::bad_alloc();
    if (!lines) lines.reset(all);  // later lines hang on the first
}

// Headers and cookies come from a web page by way of the resolver; a line break in one would begin another header, or
// another request.
bool breaks(std::string_view line) { return line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos; }

// False for the headers by which the transfer itself says what it asks for, and over which connection.
bool may_be_sent(std::string_view line)
{
    if (breaks(line)) return false;
    const std::string_view name = line.substr(0, line.find_first_of(":; "));
    return std::ranges::none_of(
        std::initializer_list<std::string_view>{"Range", "If-Range", "Accept-Encoding", "Connection", "Content-Length",
                                                "Transfer-Encoding", "TE", "Host", "Cookie", "Expect", "Upgrade"},
        [name](std::string_view own) { return equal_but_for_case(name, own); });
}

// True for headers that a redirect may take to another host: how a browser asks, and nothing that may be a secret.
// libcurl itself keeps back Authorization and Cookie only.
bool is_for_everybody(std::string_view line)
{
    const std::string_view name = line.substr(0, line.find_first_of(":; "));
    return equal_but_for_case(name.substr(0, 6), "Accept") || equal_but_for_case(name.substr(0, 10), "Sec-Fetch-") ||
           equal_but_for_case(name, "User-Agent") || equal_but_for_case(name, "Referer") ||
           equal_but_for_case(name, "Origin");
}

}  // namespace

header_lines lines_of(const http_request& request, bool is_same_host, bool signed_too)
{
    header_lines lines;
    bool accepts = false;
    for (const std::string& line : request.headers) {
        if (!may_be_sent(line) || !(is_same_host || is_for_everybody(line))) continue;
        accepts = accepts || equal_but_for_case(line.substr(0, 7), "Accept:");
        append(lines, line);
    }
    // libcurl would send one of its own. 7.88 signs one that is taken away like this, and sorts it wrongly, too.
    if (!accepts && !signed_too) append(lines, "Accept:");
    append(lines, "Accept-Encoding: identity");
    // As a header and not as CURLOPT_COOKIE, which would follow a redirect to another host.
    if (is_same_host && !request.cookies.empty() && !breaks(request.cookies))
        append(lines, "Cookie: " + request.cookies);
    return lines;
}

}  // namespace reelpipe::fetch
