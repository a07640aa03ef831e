#ifndef REELPIPE_CLI_SERVE_HTTP_SERVER_HPP
#define REELPIPE_CLI_SERVE_HTTP_SERVER_HPP

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>

#include "cli/serve/http.hpp"

namespace reelpipe::cli::http {

// A socket that listens. It stays with this process: no child inherits it. Throws std::system_error.
asio::ip::tcp::acceptor listen_on(asio::io_context&, const asio::ip::tcp::endpoint&);

// An HTTP server for a few clients that look at something: one request a connection, no bodies of requests.
//
// It is not cpp-httplib's, which serves the demo: there a client holds one of a few threads until it is gone, so those
// that follow the events, or say nothing, would keep all others out.
//
// What takes long is done on threads of its own, and the others are served meanwhile.
//
// Each connection has little time for its request and for taking the response. Of too many at once, the one goes that
// has been sending its request for longest, so that idle clients keep nobody out. Streams of events may go on for ever,
// but there are only so many of them.
// Threads: that of the io_context. Needs to outlive its run().
class http_server {
public:
    struct limits {
        std::size_t connections = 64, streams = 16;
        std::size_t head_bytes = 8192;
        std::chrono::seconds asking{5}, answering{10};
        std::chrono::seconds taking{
            120};  // the next part of a body: a player takes more when it has played what it has
    };

    // `answer` is called for each request; neither it nor what works for its responses may throw. The work is done on
    // so many threads.
    http_server(asio::ip::tcp::acceptor, std::function<response(const request&)> answer, std::size_t threads = 0);
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    // Begins to serve; run() of the io_context then returns soon after stop().
    void start();

    // Takes no more requests, and waits for work that is under way. Streams get one more event and have half a second
    // to take it.
    void stop();

private:
    struct connection {
        asio::ip::tcp::socket socket;
        asio::steady_timer pause;  // between events
        std::chrono::steady_clock::time_point deadline{};
        bool is_asking = true, is_working = false, is_stream = false;
    };
    using place = std::list<connection>::iterator;

    asio::awaitable<void> accept_all();
    asio::awaitable<void> watch_deadlines();
    asio::awaitable<void> serve(connection&);
    asio::awaitable<response> on_other_thread(connection&, std::function<response()> work);
    asio::awaitable<void> send_parts(connection&, std::function<std::string()> parts);
    asio::awaitable<void> send_events(connection&, std::function<std::string()> events);
    void take(int descriptor);
    bool drop_longest_asking();  // false: none can go
    bool has_room_for_stream() const;

    asio::ip::tcp::acceptor acceptor_;
    std::function<response(const request&)> answer_;
    limits limits_{};
    asio::steady_timer watch_, again_;  // again_: until the next try to accept
    std::list<connection> connections_{};
    bool stopping_ = false;
    std::optional<asio::thread_pool> threads_{};  // none: nothing is to work
};

}  // namespace reelpipe::cli::http

#endif
