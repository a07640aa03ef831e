#ifndef REELPIPE_CLI_SERVE_HTTP_HPP
#define REELPIPE_CLI_SERVE_HTTP_HPP

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

    // The value of "name=value" in the query, as it stands there.
    std::string_view parameter(std::string_view name) const;
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
    std::function<std::string()> events{};  // if there is one, it is asked for more of the body again and again
};

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
