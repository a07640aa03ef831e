#include "stages/fetch/response_head.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <string_view>

#include "stages/fetch/content_range.hpp"
#include "stages/fetch/errors.hpp"
#include "stages/fetch/scan.hpp"

namespace reelpipe::fetch {

namespace {

std::string_view without_weakness(std::string_view etag)
{
    take(etag, "W/");
    return etag;
}

// Stores keep "aws-chunked" from an upload whose chunks they have taken apart; nothing at all, "identity" and "none"
// are other ways to say that the bytes are plain.
bool says_plain(std::string_view encodings)
{
    while (!encodings.empty()) {
        const auto comma = encodings.find(',');
        const std::string_view each = trimmed(encodings.substr(0, comma));
        const bool is_plain = each.empty() || equal_but_for_case(each, "identity") ||
                              equal_but_for_case(each, "none") || equal_but_for_case(each, "aws-chunked");
        if (!is_plain) return false;
        encodings.remove_prefix(comma == encodings.npos ? encodings.size() : comma + 1);
    }
    return true;
}

std::optional<std::uint64_t> announced_length(CURL* easy)
{
    curl_off_t length = -1;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length < 0) return std::nullopt;
    return static_cast<std::uint64_t>(length);
}

bool holds(const media::byte_range& body, std::uint64_t offset) { return body.begin <= offset && offset < body.end; }

// The part that a server sends under status 200, with a Content-Range that says so and a length that agrees.
bool is_part_all_the_same(const content_range& range, std::uint64_t offset, std::optional<std::uint64_t> length)
{
    return range.body && holds(*range.body, offset) && (!length || *length == range.body->size());
}

// All of the file, although less was asked for: the server ignores ranges and does not call it so.
bool is_whole(const content_range& range, media::byte_range asked)
{
    return range.body->begin == 0 && range.body->end == range.total && (asked.begin > 0 || asked.end < range.body->end);
}

void read_range(response_head& head, CURL* easy, media::byte_range asked, const std::string& where,
                const std::string& host)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    const auto text = header_of(easy, "Content-Range");
    const auto range = parse_content_range(text.value_or(""));
    const auto length = announced_length(easy);
    if (status == 206) {
        if (!range || !range->body || !holds(*range->body, asked.begin))
            throw answer_error(where + ": a partial answer " +
                                   (text ? "with the range \"" + *text + "\"" : std::string("without a Content-Range")),
                               host);
        head.partial = !is_whole(*range, asked);
    } else {
        head.partial = range && is_part_all_the_same(*range, asked.begin, length) && !is_whole(*range, asked);
    }
    if (head.partial || status == 206) {
        head.body = *range->body;
        head.identity.size = range->total;
    } else {
        head.identity.size = length;
        head.body = {0, length.value_or(std::numeric_limits<std::uint64_t>::max())};
    }
}

}  // namespace

void file_identity::learn(const file_identity& other)
{
    if (other.size) size = other.size;
    if (etag.empty()) etag = other.etag;
    if (modified.empty()) modified = other.modified;
}

bool may_be_same(const file_identity& a, const file_identity& b)
{
    if (a.size && b.size && *a.size != *b.size) return false;
    const bool have_times = !a.modified.empty() && !b.modified.empty();
    const bool have_tags = !a.etag.empty() && !b.etag.empty();
    if (have_times && a.modified == b.modified) return true;
    if (have_tags) return without_weakness(a.etag) == without_weakness(b.etag);
    return !have_times;
}

std::optional<std::string> header_of(CURL* easy, const char* name)
{
    curl_header* found = nullptr;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return std::nullopt;
    return found->value;
}

response_head read_head(CURL* easy, media::byte_range asked, bool any_encoding, const std::string& where,
                        const std::string& host)
{
    response_head head;
    const std::string encoding = header_of(easy, "Content-Encoding").value_or("");
    if (!says_plain(encoding)) {
        if (!any_encoding)
            throw answer_error(where + ": a body in " + encoding + " encoding, which was not asked for", host);
        head.encoding = encoding;
    }
    head.content_type = header_of(easy, "Content-Type").value_or("");
    head.identity.etag = header_of(easy, "ETag").value_or("");
    head.identity.modified = header_of(easy, "Last-Modified").value_or("");
    if (const auto date = header_of(easy, "Date"))
        if (const std::time_t at = curl_getdate(date->c_str(), nullptr); at >= 0)
            head.date = std::chrono::system_clock::from_time_t(at);
    const char* url = nullptr;
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    if (url) head.url = url;
    read_range(head, easy, asked, where, host);
    return head;
}

}  // namespace reelpipe::fetch
