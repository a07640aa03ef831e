#ifndef REELPIPE_CLI_SERVE_RUN_SERVER_HPP
#define REELPIPE_CLI_SERVE_RUN_SERVER_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/serve/http_server.hpp"
#include "cli/serve/run_view.hpp"

#include "reelpipe/download.hpp"

namespace reelpipe::cli {

// Where a run is shown, and to whom.
struct serve_options {
    std::string address{};               // "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; empty: nowhere
    std::filesystem::path token_file{};  // what every client has to know; empty: only this machine may look
};

// A port that is taken, before there is a run to show.
class serve_door {
public:
    // Throws usage_error for an address that is none, a token that cannot be read or is too simple, and for an address
    // that others can reach without a token; std::system_error where it cannot listen.
    explicit serve_door(const serve_options&);

    std::string url() const;  // without the token

private:
    friend class run_server;

    std::string token_{};
    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>(1);
    asio::ip::tcp::acceptor acceptor_;
};

// Shows a run over HTTP while it lives: a page that follows it, the same as JSON and as events, metrics for Prometheus,
// and whether it is well. Nothing can be changed over it. It has a thread of its own, so the run does not wait for
// clients.
class run_server {
public:
    struct subject {
        const downloader& run;
        asio::any_io_executor loop;  // of the run
        std::filesystem::path folder{};
        const recent_messages& messages;
    };

    run_server(serve_door, subject);
    run_server(const run_server&) = delete;
    run_server& operator=(const run_server&) = delete;
    ~run_server();  // shows the end to those who look on, and waits for them for half a second

private:
    using clock = std::chrono::steady_clock;

    asio::awaitable<void> keep_looking();
    void look();
    http::response answer(const http::request&) const;
    std::optional<http::response> refusal_of(const http::request&) const;
    http::response health() const;
    bool knows_token(const http::request&) const;

    subject subject_;
    serve_door door_;
    http::http_server server_;
    asio::steady_timer pause_;
    run_view view_{};
    std::string progress_{};  // as JSON, as it is in view_
    std::shared_ptr<std::atomic<clock::time_point>> loop_seen_;
    std::thread thread_{};
};

}  // namespace reelpipe::cli

#endif
