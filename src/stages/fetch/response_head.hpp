#ifndef REELPIPE_STAGES_FETCH_RESPONSE_HEAD_HPP
#define REELPIPE_STAGES_FETCH_RESPONSE_HEAD_HPP

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "media/range_set.hpp"

namespace reelpipe::fetch {

// Which version of a file the bytes must belong to.
struct file_identity {
    std::optional<std::uint64_t> size{};
    std::string etag{};      // empty: unknown
    std::string modified{};  // the value of Last-Modified; empty: unknown

    // Takes over what only the other one knows.
    void learn(const file_identity&);

    bool operator==(const file_identity&) const = default;
};

// True if both may be the same version. Nodes of one host spell a tag in two ways or have tags of their own, so one
// validator that agrees is enough.
bool may_be_same(const file_identity&, const file_identity&);

// Everything that the server says before the body.
struct response_head {
    bool partial = false;      // a part that holds the first byte that was asked for; otherwise the body is the whole
    media::byte_range body{};  // where it stands in the file; the end of a whole body of unknown length is the maximum
    bool ends_by_closing = false;  // nothing but the end of the connection ended the body, which may have broken off
    file_identity identity{};
    std::string content_type{};
    std::string encoding{};  // of the body, where it is not plain bytes; only where the request permits it
    std::string url{};       // after redirects
    std::optional<std::chrono::system_clock::time_point> date{};  // by the server's clock
};

// The head of an answer with status 200 or 206. Throws answer_error, whose text begins with `where`, for a part that
// does not hold the first byte of `asked`, and for an encoded body unless `any_encoding`.
response_head read_head(CURL*, media::byte_range asked, bool any_encoding, const std::string& where,
                        const std::string& host);

// The value of a header of the last answer.
std::optional<std::string> header_of(CURL*, const char* name);

}  // namespace reelpipe::fetch

#endif
