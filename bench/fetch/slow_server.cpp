#include "fetch/slow_server.hpp"

#include <array>
#include <asio.hpp>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

namespace reelpipe::bench {

namespace {

using asio::ip::tcp;

// Bytes that a client leaves unread in the system's buffers count as served all the same; so the buffer is small.
constexpr int send_buffer = 32 << 10;
constexpr std::size_t chunk = 16u << 10;

struct request {
    std::string method, path;
    std::uint64_t first = 0;
    std::optional<std::uint64_t> last{};
    bool is_range = false;
    bool closes = false;
};

request parse(std::string head)
{
    request asked;
    asked.method = head.substr(0, head.find(' '));
    asked.path =
        head.substr(asked.method.size() + 1, head.find(' ', asked.method.size() + 1) - asked.method.size() - 1);
    for (char& c : head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    asked.closes = head.find("\r\nconnection: close") != head.npos;
    const auto line = head.find("\r\nrange: bytes=");
    unsigned long long first = 0, last = 0;
    const int found = line == head.npos ? 0 : std::sscanf(head.c_str() + line + 15, "%llu-%llu", &first, &last);
    asked.is_range = found > 0;
    asked.first = first;
    if (found == 2) asked.last = last;
    return asked;
}

const char* type_of(const std::string& path)
{
    if (path.ends_with(".m3u8")) return "application/vnd.apple.mpegurl";
    if (path.ends_with(".webm")) return "video/webm";
    if (path.ends_with(".ts")) return "video/mp2t";
    if (path.find('.') == path.npos) return "text/html";
    return "video/mp4";
}

}  // namespace

struct slow_server::implementation {
    implementation(std::filesystem::path served, network how) : folder(std::move(served)), net(std::move(how))
    {
        // One that accepts no more would make all contenders look bad: better to end.
        asio::co_spawn(io, accept(), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
        thread = std::thread([this] { io.run(); });
    }
    ~implementation()
    {
        io.stop();
        thread.join();
    }

    asio::awaitable<void> accept();
    asio::awaitable<void> talk(tcp::socket);
    asio::awaitable<void> answer(tcp::socket&, request);
    asio::awaitable<void> send(tcp::socket&, std::ifstream, std::uint64_t size);

    std::filesystem::path folder;
    network net;
    std::atomic<std::uint64_t> bytes = 0, requests = 0;
    asio::io_context io{1};
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::thread thread;
};

asio::awaitable<void> slow_server::implementation::accept()
{
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        client.set_option(asio::socket_base::send_buffer_size(send_buffer));
        client.set_option(tcp::no_delay(true));
        // Clients that know enough go away in the middle of an answer.
        asio::co_spawn(io, talk(std::move(client)), [](std::exception_ptr) {});
    }
}

asio::awaitable<void> slow_server::implementation::talk(tcp::socket client)
{
    std::string received;
    for (bool closes = false; !closes;) {
        const std::size_t length =
            co_await asio::async_read_until(client, asio::dynamic_buffer(received), "\r\n\r\n", asio::use_awaitable);
        request next = parse(received.substr(0, length));
        received.erase(0, length);
        closes = next.closes;
        ++requests;
        co_await answer(client, std::move(next));
    }
}

asio::awaitable<void> slow_server::implementation::answer(tcp::socket& client, request asked)
{
    asio::steady_timer pause(io, net.to_first_byte);
    co_await pause.async_wait(asio::use_awaitable);
    const std::filesystem::path path = folder / asked.path.substr(1);
    std::error_code missing;
    const std::uint64_t size = std::filesystem::file_size(path, missing);
    const std::uint64_t end = std::min<std::uint64_t>(size, asked.last.value_or(size - 1) + 1);
    std::string head = "HTTP/1.1 ";
    if (missing)
        head += "404 Not Found\r\nContent-Length: 0";
    else if (asked.first >= end)
        head += "416 Range Not Satisfiable\r\nContent-Length: 0\r\nContent-Range: bytes */" + std::to_string(size);
    else
        head += (asked.is_range ? "206 Partial Content\r\nContent-Range: bytes " + std::to_string(asked.first) + "-" +
                                      std::to_string(end - 1) + "/" + std::to_string(size)
                                : std::string("200 OK")) +
                "\r\nContent-Length: " + std::to_string(end - asked.first);
    head += std::string("\r\nAccept-Ranges: bytes\r\nContent-Type: ") + type_of(asked.path) + "\r\n\r\n";
    co_await asio::async_write(client, asio::buffer(head), asio::use_awaitable);
    if (missing || asked.first >= end || asked.method == "HEAD") co_return;
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(asked.first));
    co_await send(client, std::move(file), end - asked.first);
}

asio::awaitable<void> slow_server::implementation::send(tcp::socket& client, std::ifstream file, std::uint64_t size)
{
    std::array<char, chunk> part{};
    asio::steady_timer pace(io);
    const auto begun = std::chrono::steady_clock::now();
    for (std::uint64_t sent = 0; sent < size;) {
        if (net.bytes_a_second != 0) {
            pace.expires_at(begun + std::chrono::microseconds(sent * 1'000'000 / net.bytes_a_second));
            co_await pace.async_wait(asio::use_awaitable);
        }
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), size - sent));
        file.read(part.data(), static_cast<std::streamsize>(wanted));
        const auto bytes_read = asio::buffer(part.data(), wanted);
        const std::size_t written = co_await asio::async_write(client, bytes_read, asio::use_awaitable);
        sent += written;
        bytes += written;
    }
}

slow_server::slow_server(std::filesystem::path folder, network how)
    : implementation_(std::make_unique<implementation>(std::move(folder), std::move(how)))
{
}
slow_server::~slow_server() = default;

std::string slow_server::url(const std::string& path) const
{
    return "http://127.0.0.1:" + std::to_string(implementation_->acceptor.local_endpoint().port()) + "/" + path;
}

slow_server::counts slow_server::served() const { return {implementation_->bytes, implementation_->requests}; }

}  // namespace reelpipe::bench
