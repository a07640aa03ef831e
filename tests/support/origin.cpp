#include "support/origin.hpp"

#include <algorithm>
#include <asio.hpp>
#include <cctype>
#include <cstdio>
#include <mutex>
#include <sstream>
#include <thread>

namespace reelpipe::test {

namespace {

using asio::ip::tcp;

asked parse(const std::string& head)
{
    asked request;
    std::istringstream lines(head);
    std::string method, target, line;
    lines >> method >> target;
    std::getline(lines, line);
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    while (std::getline(lines, line) && line.size() > 1) {
        const auto colon = line.find(": ");
        if (colon == line.npos) continue;
        std::string name = line.substr(0, colon);
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[name] = line.substr(colon + 2, line.size() - colon - 3);
    }
    return request;
}

std::string head_of(const reply& answer)
{
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " as asked\r\n";
    for (const std::string& line : answer.headers) head += line + "\r\n";
    if (answer.announces_length)
        head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    else
        head += "Connection: close\r\n";
    return head + "\r\n";
}

}  // namespace

std::optional<std::pair<std::uint64_t, std::uint64_t>> asked::range() const
{
    const auto line = headers.find("range");
    unsigned long long first = 0, last = 0;
    if (line == headers.end() || std::sscanf(line->second.c_str(), "bytes=%llu-%llu", &first, &last) != 2)
        return std::nullopt;
    return std::pair<std::uint64_t, std::uint64_t>(first, last);
}

reply part_of(const std::string& content, const asked& request)
{
    const auto range = request.range();
    if (!range) return {.body = content};
    const std::string total = "/" + std::to_string(content.size());
    if (range->first >= content.size()) return {.status = 416, .headers = {"Content-Range: bytes *" + total}};
    const std::uint64_t last = std::min<std::uint64_t>(range->second, content.size() - 1);
    return {.status = 206,
            .headers = {"Content-Range: bytes " + std::to_string(range->first) + "-" + std::to_string(last) + total},
            .body = content.substr(range->first, last - range->first + 1)};
}

struct origin::server {
    explicit server(const tcp::endpoint& at) : acceptor(io, at)
    {
        asio::co_spawn(io, accept(), [](std::exception_ptr) {});
        thread = std::thread([this] { io.run(); });
    }
    ~server()
    {
        io.stop();
        thread.join();
    }

    asio::awaitable<void> accept();
    asio::awaitable<void> talk(tcp::socket);
    asio::awaitable<bool> send(tcp::socket&, const reply&);
    reply answer_to(asked);

    std::mutex mutex;  // guards what follows
    std::map<std::string, answer> answers;
    std::vector<asked> log;
    std::uint64_t body_bytes = 0;
    std::size_t accepted = 0;
    std::size_t open = 0;
    std::size_t max_open = 0;

    asio::io_context io{1};
    tcp::acceptor acceptor;
    asio::steady_timer requests_came{io, asio::steady_timer::time_point::max()};  // never expires; cancelled by each
    std::thread thread;
};

asio::awaitable<void> origin::server::accept()
{
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        {
            const std::lock_guard lock(mutex);
            ++accepted;
            max_open = std::max(max_open, ++open);
        }
        // A client that goes away in mid-answer is what many tests are about.
        asio::co_spawn(io, talk(std::move(client)), [this](std::exception_ptr) {
            const std::lock_guard lock(mutex);
            --open;
        });
    }
}

asio::awaitable<void> origin::server::talk(tcp::socket client)
{
    std::string received;
    for (bool more = true; more;) {
        const std::size_t length =
            co_await asio::async_read_until(client, asio::dynamic_buffer(received), "\r\n\r\n", asio::use_awaitable);
        const reply next = answer_to(parse(received.substr(0, length)));
        received.erase(0, length);
        more = co_await send(client, next);
    }
}

asio::awaitable<bool> origin::server::send(tcp::socket& client, const reply& next)
{
    const std::string head = head_of(next);
    co_await asio::async_write(client, asio::buffer(head), asio::use_awaitable);
    while (log.size() < next.gate) {
        asio::error_code woken;
        co_await requests_came.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    const std::size_t end = std::min(next.sent, next.body.size());
    for (std::size_t at = 0; at < end;) {
        const auto part = asio::buffer(next.body.data() + at, std::min<std::size_t>(end - at, 16u << 10));
        const std::size_t written = co_await asio::async_write(client, part, asio::use_awaitable);
        at += written;
        const std::lock_guard lock(mutex);
        body_bytes += written;
    }
    if (next.then == reply::ending::reset) client.set_option(asio::socket_base::linger(true, 0));
    if (next.then == reply::ending::stall) {
        char ignored = 0;
        co_await asio::async_read(client, asio::buffer(&ignored, 1), asio::use_awaitable);  // until the client leaves
    }
    co_return next.then == reply::ending::keep_alive&& next.announces_length;
}

reply origin::server::answer_to(asked request)
{
    const std::lock_guard lock(mutex);
    request.number = static_cast<std::size_t>(std::ranges::count(log, request.path, &asked::path));
    log.push_back(request);
    requests_came.cancel();
    const auto found = answers.find(request.path);
    return found == answers.end() ? reply{.status = 404} : found->second(request);
}

origin::origin(const std::string& address, std::uint16_t port)
    : server_(std::make_unique<server>(tcp::endpoint(asio::ip::make_address(address), port)))
{
}
origin::~origin() = default;

void origin::serve(std::string path, answer given)
{
    const std::lock_guard lock(server_->mutex);
    server_->answers[std::move(path)] = std::move(given);
}

std::string origin::url(const std::string& path, const std::string& host) const
{
    return "http://" + host + ":" + std::to_string(port()) + path;
}

std::uint16_t origin::port() const { return server_->acceptor.local_endpoint().port(); }

std::vector<asked> origin::requests() const
{
    const std::lock_guard lock(server_->mutex);
    return server_->log;
}

std::uint64_t origin::body_bytes() const
{
    const std::lock_guard lock(server_->mutex);
    return server_->body_bytes;
}

std::size_t origin::connections() const
{
    const std::lock_guard lock(server_->mutex);
    return server_->accepted;
}

std::size_t origin::max_connections() const
{
    const std::lock_guard lock(server_->mutex);
    return server_->max_open;
}

}  // namespace reelpipe::test
