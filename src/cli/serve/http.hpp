#ifndef REELPIPE_CLI_SERVE_HTTP_HPP
#define REELPIPE_CLI_SERVE_HTTP_HPP

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelpipe::cli::http {

// The head of a request. A body is never read.
struct request {
    std::string method{};
    std::string path{};                            // "/metrics"
    std::string query{};                           // behind the question mark
    std::map<std::string, std::string> headers{};  // names in lower case

    // The value of "name=value" in the query, as it stands there; nothing if the name is not there.
    std::optional<std::string_view> parameter(std::string_view name) const;
    std::string_view header(const std::string& name) const;  // empty: there is none
};

// What stands before the empty line. Empty for everything that is not a plain HTTP/1 request: no path, a header without
// a name, two hosts.
std::optional<request> parse_request(std::string_view head);

struct response {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body{};
    std::vector<std::string> headers{};     // "Name: value", besides those that every response has
    bool brings_policy = false;             // a page says by itself what it may load and run
    std::function<std::string()> events{};  // if there is one, it is asked for more of the body again and again

    // If there is one, the body is what it gives until it gives nothing: so many bytes, or fewer where it fails.
    std::function<std::string()> parts{};
    std::uint64_t bytes_of_parts = 0;

    // If there is one, it works on another thread, and what it gives is the response in place of this one.
    std::function<response()> work{};
};

// A response with this body.
response plain(int status, std::string_view text, std::string type = "text/plain; charset=utf-8");

// Bytes that a client asks for, [first, end).
struct byte_range {
    std::uint64_t first = 0, end = 0;

    bool operator==(const byte_range&) const = default;
};

// What a Range header asks for of a body of this size. Nothing for a header that asks for no range, or for several:
// the whole body is the answer. An empty range if there is no such byte.
std::optional<byte_range> range_in(std::string_view header, std::uint64_t size);

// A text as it was before it became part of a URL: "%2F" is a slash, and a plus sign a blank. Nothing if it is none.
std::optional<std::string> decoded(std::string_view);

// A text as part of a URL.
std::string encoded(std::string_view);

// The head of a response, with the empty line. Nothing may keep the response or show it in a frame, and a page may load
// nothing from elsewhere and run no script that stands in the page itself.
std::string head_of(const response&);

// Takes the same time wherever they differ.
bool is_same_secret(std::string_view given, std::string_view wanted);

// True if a Host header names this machine's loopback, with any port. A web page elsewhere cannot make a browser send
// one, whatever address its own name leads to.
bool is_loopback_host(std::string_view host);

}  // namespace reelpipe::cli::http

#endif
