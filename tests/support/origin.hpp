#ifndef REELPIPE_TESTS_ORIGIN_HPP
#define REELPIPE_TESTS_ORIGIN_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reelpipe::test {

// A request as the origin received it.
struct asked {
    std::string path;
    std::string query;
    std::map<std::string, std::string> headers;  // names in lower case
    std::size_t number = 0;                      // how many there were for this path before

    // [first, last] of "Range: bytes=first-last".
    std::optional<std::pair<std::uint64_t, std::uint64_t>> range() const;
};

// The answer to a request, and how to break it.
struct reply {
    enum class ending { keep_alive, close, reset, stall };

    int status = 200;
    std::vector<std::string> headers{};  // "Name: value"
    std::string body{};
    bool announces_length = true;                                // without, the body ends with the connection
    std::size_t sent = std::numeric_limits<std::size_t>::max();  // of the body, before the ending
    ending then = ending::keep_alive;
    std::size_t gate = 0;  // the body is not sent before so many requests have come
};

// An honest answer to a range: 206, or 416 for one behind the end.
reply part_of(const std::string& content, const asked&);

// An HTTP server for faults, in a thread of its own, on a port of loopback. Answers are functions, called one at a
// time; a path without one is 404.
class origin {
public:
    using answer = std::function<reply(const asked&)>;

    // Listens on a free port by default. Throws std::system_error where the machine has no such address.
    explicit origin(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
    origin(const origin&) = delete;
    origin& operator=(const origin&) = delete;
    ~origin();

    void serve(std::string path, answer);
    std::string url(const std::string& path, const std::string& host = "127.0.0.1") const;
    std::uint16_t port() const;

    std::vector<asked> requests() const;
    std::uint64_t body_bytes() const;     // written to sockets, so a little ahead of what clients have read
    std::size_t connections() const;      // accepted so far
    std::size_t max_connections() const;  // open at once

private:
    struct server;
    std::unique_ptr<server> server_;
};

}  // namespace reelpipe::test

#endif
