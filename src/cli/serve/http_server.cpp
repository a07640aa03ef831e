#include "cli/serve/http_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <exception>
#include <iterator>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

namespace reelpipe::cli::http {

using asio::ip::tcp;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

asio::awaitable<response> answer_of(std::function<response()> work) { co_return work(); }

}  // namespace

tcp::acceptor listen_on(asio::io_context& io, const tcp::endpoint& at)
{
    const auto fail = [] { throw std::system_error(errno, std::generic_category(), "listen"); };
    const int descriptor = ::socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail();
    tcp::acceptor acceptor(io, at.protocol(), descriptor);
    const int yes = 1;  // a port is free although connections of an earlier run still fade away
    if (::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) fail();
    if (::bind(descriptor, at.data(), static_cast<socklen_t>(at.size())) != 0) fail();
    if (::listen(descriptor, SOMAXCONN) != 0) fail();
    acceptor.non_blocking(true);
    return acceptor;
}

http_server::http_server(tcp::acceptor acceptor, std::function<response(const request&)> answer, std::size_t threads)
    : acceptor_(std::move(acceptor)),
      answer_(std::move(answer)),
      watch_(acceptor_.get_executor()),
      again_(acceptor_.get_executor())
{
    if (threads > 0) threads_.emplace(threads);
}

void http_server::start()
{
    const auto rethrow = [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    };
    asio::co_spawn(acceptor_.get_executor(), accept_all(), rethrow);
    asio::co_spawn(acceptor_.get_executor(), watch_deadlines(), rethrow);
}

void http_server::stop()
{
    stopping_ = true;
    asio::error_code ignored;
    std::ignore = acceptor_.close(ignored);
    again_.cancel();
    for (connection& each : connections_) {
        each.deadline = each.is_asking ? clock::now() : clock::now() + 500ms;
        each.pause.cancel();
    }
    watch_.cancel();
}

// The descriptor is accepted here and not by Asio, whose sockets children inherit.
asio::awaitable<void> http_server::accept_all()
{
    asio::error_code ignored;
    while (!stopping_) {
        co_await acceptor_.async_wait(tcp::acceptor::wait_read, asio::redirect_error(asio::use_awaitable, ignored));
        if (stopping_) co_return;
        const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            take(descriptor);
        } else if (errno != EAGAIN && errno != ECONNABORTED) {  // too many open files, say
            again_.expires_after(1s);
            co_await again_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
}

void http_server::take(int descriptor)
{
    if (connections_.size() >= limits_.connections && !drop_longest_asking()) {
        ::close(descriptor);
        return;
    }
    const auto executor = acceptor_.get_executor();
    asio::error_code failed;
    tcp::socket socket(executor);
    std::ignore = socket.assign(acceptor_.local_endpoint().protocol(), descriptor, failed);
    if (failed) {
        ::close(descriptor);
        return;
    }
    connections_.push_back({std::move(socket), asio::steady_timer(executor), clock::now() + limits_.asking});
    const place here = std::prev(connections_.end());
    // Whatever goes wrong with a client is the end of this connection, and of nothing else.
    asio::co_spawn(executor, serve(*here), [this, here](std::exception_ptr) { connections_.erase(here); });
}

// Its coroutine ends at once, and with it the connection. One that waits for work cannot be dropped.
bool http_server::drop_longest_asking()
{
    const auto can_go = [](const connection& each) { return each.socket.is_open() && !each.is_working; };
    auto first =
        std::ranges::find_if(connections_, [&](const connection& each) { return each.is_asking && can_go(each); });
    if (first == connections_.end()) first = std::ranges::find_if(connections_, can_go);
    if (first == connections_.end()) return false;
    asio::error_code ignored;
    std::ignore = first->socket.close(ignored);
    return true;
}

bool http_server::has_room_for_stream() const
{
    return static_cast<std::size_t>(std::ranges::count_if(connections_, &connection::is_stream)) < limits_.streams;
}

// Looks at all deadlines once a second; at the end, until the last connection is gone.
asio::awaitable<void> http_server::watch_deadlines()
{
    asio::error_code ignored;
    while (!stopping_ || !connections_.empty()) {
        watch_.expires_after(stopping_ ? 50ms : 1000ms);
        co_await watch_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        for (connection& each : connections_)
            if (each.deadline <= clock::now()) {
                std::ignore = each.socket.close(ignored);
                each.pause.cancel();
            }
    }
}

asio::awaitable<void> http_server::serve(connection& client)
{
    asio::error_code failed;
    std::string head;
    auto buffer = asio::dynamic_buffer(head, limits_.head_bytes);
    const std::size_t size = co_await asio::async_read_until(client.socket, buffer, end_of_head,
                                                             asio::redirect_error(asio::use_awaitable, failed));
    client.is_asking = false;
    client.deadline = clock::now() + limits_.answering;
    response reply;
    std::optional<request> asked;
    if (failed == asio::error::not_found)
        reply = plain(431, "the request is too long\n");
    else if (failed)
        co_return;
    else if (!(asked = parse_request(std::string_view(head).substr(0, size - end_of_head.size()))))
        reply = plain(400, "this is no HTTP request\n");
    else
        reply = answer_(*asked);
    if (reply.work) reply = co_await on_other_thread(client, std::move(reply.work));
    if (reply.events && !has_room_for_stream()) reply = plain(503, "too many pages are open on this run\n");

    std::string text = head_of(reply);
    if (!asked || asked->method != "HEAD") text += reply.body;
    co_await asio::async_write(client.socket, asio::buffer(text), asio::redirect_error(asio::use_awaitable, failed));
    if (!failed && reply.parts && asked->method != "HEAD") co_await send_parts(client, std::move(reply.parts));
    if (!failed && reply.events && asked->method != "HEAD") {
        client.is_stream = true;
        co_await send_events(client, std::move(reply.events));
    }
    // A socket that is closed with something unread takes the response along.
    client.deadline = clock::now() + 500ms;
    std::ignore = client.socket.shutdown(tcp::socket::shutdown_send, failed);
    std::array<char, 4096> unread{};
    while (!failed)
        co_await client.socket.async_read_some(asio::buffer(unread), asio::redirect_error(asio::use_awaitable, failed));
}

// The work has a limit of its own; what it gives is sent to a client that still waits.
asio::awaitable<response> http_server::on_other_thread(connection& client, std::function<response()> work)
{
    client.deadline = clock::time_point::max();
    client.is_working = true;
    asio::awaitable<response> answering = answer_of(std::move(work));
    response done = co_await asio::co_spawn(*threads_, std::move(answering), asio::use_awaitable);
    client.is_working = false;
    client.deadline = clock::now() + limits_.answering;
    co_return done;
}

asio::awaitable<void> http_server::send_parts(connection& client, std::function<std::string()> parts)
{
    asio::error_code failed;
    for (std::string part = parts(); !failed && !part.empty(); part = parts()) {
        client.deadline = clock::now() + (stopping_ ? 500ms : limits_.taking);
        co_await asio::async_write(client.socket, asio::buffer(part),
                                   asio::redirect_error(asio::use_awaitable, failed));
    }
}

asio::awaitable<void> http_server::send_events(connection& client, std::function<std::string()> events)
{
    asio::error_code failed, ignored;
    for (bool is_last = false; !failed && !is_last;) {
        is_last = stopping_;
        const std::string event = events();
        client.deadline = clock::now() + (is_last ? 500ms : limits_.answering);
        co_await asio::async_write(client.socket, asio::buffer(event),
                                   asio::redirect_error(asio::use_awaitable, failed));
        if (failed || is_last || stopping_) continue;
        client.deadline = clock::time_point::max();
        client.pause.expires_after(1s);
        co_await client.pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace reelpipe::cli::http
