#include "cli/serve/run_server.hpp"

#include <fmt/format.h>

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "cli/serve/page_files.hpp"

namespace reelpipe::cli {

using namespace std::chrono_literals;

namespace {

// What says nothing about the run, and therefore needs no token: a page could not pass one on to its parts.
std::optional<http::response> open_to_all(std::string_view path)
{
    if (path == "/style.css") return http::plain(200, page::style, "text/css; charset=utf-8");
    if (path == "/script.js") return http::plain(200, page::script, "text/javascript; charset=utf-8");
    return std::nullopt;
}

}  // namespace

run_server::run_server(serve_door door, subject what)
    : subject_(std::move(what)),
      report_(subject_.folder),
      door_(std::move(door)),
      server_(
          door_.take_acceptor(), [this](const http::request& asked) { return answer(asked); }, 1),
      pause_(door_.loop()),
      loop_seen_(std::make_shared<std::atomic<clock::time_point>>(clock::now()))
{
    view_.started = std::chrono::system_clock::now();
    look();
    server_.start();
    asio::co_spawn(door_.loop(), keep_looking(), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    thread_ = std::thread([this] {
        try {
            door_.loop().run();
        } catch (...) {  // out of memory: the run is worth more than the page
        }
    });
}

run_server::~run_server()
{
    asio::post(door_.loop(), [this] {
        view_.has_ended = true;
        look();
        pause_.cancel();
        server_.stop();
    });
    thread_.join();
}

asio::awaitable<void> run_server::keep_looking()
{
    asio::error_code ignored;
    while (!view_.has_ended) {
        pause_.expires_after(1s);
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (view_.has_ended) co_return;
        look();
        asio::post(subject_.loop, [seen = loop_seen_] { *seen = clock::now(); });
    }
}

void run_server::look()
{
    view_.minute.add({subject_.run.now(), subject_.run.stages()});
    view_.messages = subject_.messages.all();
    std::error_code no_space;
    const std::filesystem::space_info space = std::filesystem::space(subject_.folder, no_space);
    view_.disk = no_space ? std::nullopt : std::optional(space);
    progress_ = progress_of(view_).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

http::response run_server::answer(const http::request& asked)
{
    if (asked.method != "GET" && asked.method != "HEAD") {
        http::response refused = http::plain(405, "this server can only be looked at\n");
        refused.headers = {"Allow: GET, HEAD"};
        return refused;
    }
    std::optional<http::response> open = open_to_all(asked.path);
    const bool needs_token = !open && asked.path != "/healthz";
    if (std::optional<http::response> refused = door_.refusal_of(asked, needs_token)) return std::move(*refused);
    if (open) return std::move(*open);
    if (asked.path == "/healthz") return health();
    if (asked.path == "/") return http::plain(200, page::html, "text/html; charset=utf-8");
    if (asked.path == "/report") {
        http::response later;
        later.work = [this] { return report_.page(); };
        return later;
    }
    if (asked.path == "/progress.json") return http::plain(200, progress_, "application/json");
    if (asked.path == "/metrics")
        return http::plain(200, metrics_of(view_), "text/plain; version=0.0.4; charset=utf-8");
    if (asked.path == "/events") {
        http::response stream = http::plain(200, "", "text/event-stream");
        stream.events = [this] { return "data: " + progress_ + "\n\n"; };
        return stream;
    }
    return http::plain(404, "there are /, /report, /progress.json, /events, /metrics and /healthz\n");
}

// The program is well when its loop has lately done what it was asked for. Whether clips are made is another question.
http::response run_server::health() const
{
    constexpr auto longest = 15s;
    const clock::duration silent = clock::now() - loop_seen_->load();
    if (silent < longest) return http::plain(200, "ok\n");
    return http::plain(503, fmt::format("the program has not answered for {} s\n",
                                        std::chrono::duration_cast<std::chrono::seconds>(silent).count()));
}

}  // namespace reelpipe::cli
