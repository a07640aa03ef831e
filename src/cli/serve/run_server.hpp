#ifndef REELPIPE_CLI_SERVE_RUN_SERVER_HPP
#define REELPIPE_CLI_SERVE_RUN_SERVER_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "cli/serve/door.hpp"
#include "cli/serve/http_server.hpp"
#include "cli/serve/live_report.hpp"
#include "cli/serve/run_view.hpp"

#include "reelpipe/download.hpp"

namespace reelpipe::cli {

// Shows a run over HTTP while it lives: a page that follows it, the same as JSON and as events, the report of its
// folder so far, metrics for Prometheus, and whether it is well. Nothing can be changed over it. It has threads of its
// own, so the run does not wait for clients.
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
    // Shows the end to those who look on, and waits for them for half a second, or until a report that is being made is
    // there.
    ~run_server();

private:
    using clock = std::chrono::steady_clock;

    asio::awaitable<void> keep_looking();
    void look();
    http::response answer(const http::request&);
    http::response health() const;

    subject subject_;
    live_report report_;
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
