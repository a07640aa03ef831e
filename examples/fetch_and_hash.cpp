// fetch_and_hash HOST PORT PATH...: a crawler that fetches pages over HTTP, follows their links on the same host, and
// prints a hash of each page. Pages that are gone are left out; a server that is busy is asked again.
#include <reelpipe/pipeline.hpp>

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using asio::ip::tcp;

struct page {
    std::string path;
    std::string body;
};

struct digest {
    std::string path;
    std::uint64_t hash;
};

std::size_t weight_of(const page& p) { return p.body.size(); }  // the queue in front of `hash` counts bytes

struct http_error : std::runtime_error {
    explicit http_error(int s) : std::runtime_error("HTTP status " + std::to_string(s)), status(s) {}
    int status;
};

// One server, one connection a request, HTTP/1.0: enough for an example, not for the web.
class website {
public:
    website(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}

    asio::awaitable<page> get(std::string path) const
    {
        const auto loop = co_await asio::this_coro::executor;
        tcp::resolver resolver(loop);
        const auto addresses = co_await resolver.async_resolve(host_, port_, asio::use_awaitable);
        tcp::socket socket(loop);
        co_await asio::async_connect(socket, addresses, asio::use_awaitable);
        const std::string request = "GET " + path + " HTTP/1.0\r\nHost: " + host_ + "\r\n\r\n";
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);

        std::string reply;
        asio::error_code end;
        const auto all = asio::dynamic_buffer(reply, 16u << 20);  // of a larger page the rest is left
        co_await asio::async_read(socket, all, asio::redirect_error(asio::use_awaitable, end));
        if (end && end != asio::error::eof) throw asio::system_error(end);
        co_return parsed(std::move(path), reply);
    }

private:
    static page parsed(std::string path, const std::string& reply)
    {
        const std::size_t head = reply.find("\r\n\r\n");
        if (head == std::string::npos || !reply.starts_with("HTTP/1.") || reply.size() < 12)
            throw std::runtime_error("this is no HTTP server");
        const int status = std::stoi(reply.substr(9, 3));
        if (status != 200) throw http_error(status);
        return {std::move(path), reply.substr(head + 4)};
    }

    std::string host_, port_;
};

std::vector<std::string> links_of(const page& p)
{
    constexpr std::string_view mark = "href=\"/";
    std::vector<std::string> paths;
    for (std::size_t at = 0; (at = p.body.find(mark, at)) != std::string::npos;) {
        at += mark.size() - 1;
        const std::size_t end = p.body.find('"', at);
        if (end == std::string::npos) break;
        paths.push_back(p.body.substr(at, end - at));
    }
    return paths;
}

// FNV-1a: short enough for an example. It protects from nothing.
digest hash(page p)
{
    std::uint64_t h = 0xcbf29ce484222325;
    for (const char c : p.body) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return {std::move(p.path), h};
}

void print(const digest& d)
{
    std::cout << std::hex << std::setw(16) << std::setfill('0') << d.hash << std::dec << "  " << d.path << '\n';
}

// The paths that are known and not yet fetched. Ends when none is left and no page that could bring more is on its way.
class frontier {
public:
    frontier(const asio::any_io_executor& loop, const std::vector<std::string>& first) : changed_(loop)
    {
        for (const std::string& path : first) add(path);
    }

    void add(const std::string& path)
    {
        if (seen_.insert(path).second) open_.push_back(path);
    }

    // Once for each path: its links are added, or it was given up.
    void done()
    {
        --under_way_;
        changed_.cancel();
    }

    asio::awaitable<void> feed(reelpipe::out<std::string> next)
    {
        for (;;) {
            while (!open_.empty()) {
                std::string path = std::move(open_.back());
                open_.pop_back();
                ++under_way_;
                co_await next.send(std::move(path));
            }
            if (under_way_ == 0) co_return;
            asio::error_code woken;
            changed_.expires_at(asio::steady_timer::time_point::max());
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

private:
    std::set<std::string> seen_;
    std::vector<std::string> open_;
    std::size_t under_way_ = 0;
    asio::steady_timer changed_;
};

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 4) {
        std::cerr << "usage: fetch_and_hash HOST PORT PATH...\n";
        return 2;
    }
    asio::io_context io{1};
    asio::thread_pool pool;
    const website site(argv[1], argv[2]);
    frontier paths(io.get_executor(), {argv + 3, argv + argc});

    const auto judge = [&](const reelpipe::failure& f) {
        const auto* http = f.as<http_error>();
        const bool busy = http && http->status == 503;
        if (busy && f.attempt < f.attempts) return reelpipe::verdict::retry();
        std::cerr << f.stage << ": " << f.what << '\n';
        if (f.stage == "fetch") paths.done();
        return reelpipe::verdict::drop();
    };
    const auto fetch = [&](std::string path) { return site.get(std::move(path)); };
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
    const auto follow = [&](page p) -> asio::awaitable<page> {
        for (const std::string& link : links_of(p)) paths.add(link);
        paths.done();
        co_return p;
    };

    const std::chrono::milliseconds pause{20};
    reelpipe::runner crawl{
        reelpipe::source("paths", [&](reelpipe::out<std::string> next) { return paths.feed(next); }) |
            reelpipe::io("fetch", fetch, {.workers = 16, .attempts = 5, .backoff = pause}) |
            reelpipe::io("follow", follow) | reelpipe::cpu("hash", hash, {.workers = 4, .weight = 64u << 20}) |
            reelpipe::sink("print", print),
        {.cpu = pool.get_executor(), .on_failure = judge}};
    const reelpipe::report r = crawl.run(io);
    return r.failed == 0 ? 0 : 1;
}
