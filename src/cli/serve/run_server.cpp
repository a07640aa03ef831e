#include "cli/serve/run_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "cli/serve/page_files.hpp"

namespace reelpipe::cli {

using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

tcp::endpoint endpoint_of(const std::string& text)
{
    const auto refuse = [&text] {
        throw usage_error(
            fmt::format("--serve {}: this is no address and port; write 127.0.0.1:8080, [::1]:8080 or "
                        "0.0.0.0:8080",
                        text));
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) refuse();
    std::string host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    const bool in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    asio::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(host, no_address);
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data() + colon + 1, end, port);
    if (no_address || address.is_v6() != in_brackets || failed != std::errc() || rest != end) refuse();
    return {address, port};
}

// The first line. It has to stand in a URL as it is, and nobody may guess it.
std::string token_in(const std::filesystem::path& file)
{
    constexpr std::size_t least = 16, most = 256;
    std::string token;
    std::ifstream in(file);
    if (!std::getline(in, token) && token.empty())
        throw usage_error(fmt::format("--serve-token {}: no token can be read from this file", file.string()));
    const bool is_plain = std::ranges::all_of(
        token, [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '-' || c == '_' || c == '.'); });
    if (!is_plain || token.size() < least || token.size() > most)
        throw usage_error(
            fmt::format("--serve-token {}: a token has {} to {} letters, digits, '-', '_' and '.'; "
                        "openssl rand -hex 32 makes one",
                        file.string(), least, most));
    return token;
}

tcp::acceptor acceptor_for(const serve_options& o, asio::io_context& io)
{
    const tcp::endpoint at = endpoint_of(o.address);
    if (!at.address().is_loopback() && o.token_file.empty())
        throw usage_error(
            fmt::format("--serve {}: other machines could see this address; add --serve-token FILE, or "
                        "serve on 127.0.0.1",
                        o.address));
    return http::listen_on(io, at);
}

http::response reply(int status, std::string_view text, std::string type = "text/plain; charset=utf-8")
{
    http::response r;
    r.status = status;
    r.type = std::move(type);
    r.body = text;
    return r;
}

// What says nothing about the run, and therefore needs no token: a page could not pass one on to its parts.
std::optional<http::response> open_to_all(std::string_view path)
{
    if (path == "/style.css") return reply(200, page::style, "text/css; charset=utf-8");
    if (path == "/script.js") return reply(200, page::script, "text/javascript; charset=utf-8");
    return std::nullopt;
}

}  // namespace

serve_door::serve_door(const serve_options& o)
    : token_(o.token_file.empty() ? "" : token_in(o.token_file)), acceptor_(acceptor_for(o, *io_))
{
}

std::string serve_door::url() const
{
    const tcp::endpoint at = acceptor_.local_endpoint();
    const std::string host = at.address().to_string();
    return fmt::format("http://{}:{}/", at.address().is_v6() ? "[" + host + "]" : host, at.port());
}

run_server::run_server(serve_door door, subject what)
    : subject_(std::move(what)),
      door_(std::move(door)),
      server_(std::move(door_.acceptor_), [this](const http::request& asked) { return answer(asked); }),
      pause_(*door_.io_),
      loop_seen_(std::make_shared<std::atomic<clock::time_point>>(clock::now()))
{
    view_.started = std::chrono::system_clock::now();
    look();
    server_.start();
    asio::co_spawn(*door_.io_, keep_looking(), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    thread_ = std::thread([this] {
        try {
            door_.io_->run();
        } catch (...) {  // out of memory: the run is worth more than the page
        }
    });
}

run_server::~run_server()
{
    asio::post(*door_.io_, [this] {
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

http::response run_server::answer(const http::request& asked) const
{
    if (std::optional<http::response> refused = refusal_of(asked)) return std::move(*refused);
    if (std::optional<http::response> open = open_to_all(asked.path)) return std::move(*open);
    if (asked.path == "/healthz") return health();
    if (asked.path == "/") return reply(200, page::html, "text/html; charset=utf-8");
    if (asked.path == "/progress.json") return reply(200, progress_, "application/json");
    if (asked.path == "/metrics") return reply(200, metrics_of(view_), "text/plain; version=0.0.4; charset=utf-8");
    if (asked.path == "/events") {
        http::response stream = reply(200, "", "text/event-stream");
        stream.events = [this] { return "data: " + progress_ + "\n\n"; };
        return stream;
    }
    return reply(404, "there are /, /progress.json, /events, /metrics and /healthz\n");
}

std::optional<http::response> run_server::refusal_of(const http::request& asked) const
{
    if (asked.method != "GET" && asked.method != "HEAD") {
        http::response refused = reply(405, "this server can only be looked at\n");
        refused.headers = {"Allow: GET, HEAD"};
        return refused;
    }
    if (door_.token_.empty() && !http::is_loopback_host(asked.header("host")))
        return reply(403, "without a token, this server is asked for by the name localhost or a loopback address\n");
    if (open_to_all(asked.path) || asked.path == "/healthz" || knows_token(asked)) return std::nullopt;
    http::response refused =
        reply(401, "a token is needed: the header 'Authorization: Bearer TOKEN', or ?token=TOKEN\n");
    refused.headers = {"WWW-Authenticate: Bearer"};
    return refused;
}

bool run_server::knows_token(const http::request& asked) const
{
    if (door_.token_.empty()) return true;
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view header = asked.header("authorization");
    const std::string_view given = header.starts_with(scheme) ? header.substr(scheme.size()) : asked.parameter("token");
    return http::is_same_secret(given, door_.token_);
}

// The run is well when its loop has lately done what it was asked for.
http::response run_server::health() const
{
    constexpr auto longest = 15s;
    const clock::duration silent = clock::now() - loop_seen_->load();
    if (silent < longest) return reply(200, "ok\n");
    return reply(503, fmt::format("the run has not moved for {} s\n",
                                  std::chrono::duration_cast<std::chrono::seconds>(silent).count()));
}

}  // namespace reelpipe::cli
