#include "pipeline/machine.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio/connect.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "isolation/sandbox.hpp"
#include "media/library_version.hpp"
#include "stages/fetch/library_version.hpp"

namespace reelpipe {

namespace {

struct address {
    std::string host, port;
};

// Of "http://name:password@host:3128/" or "host:3128"; ports as libcurl takes them where none is named.
address address_of_proxy(std::string url)
{
    std::string scheme;
    if (const std::size_t end = url.find("://"); end != url.npos) {
        scheme = url.substr(0, end);
        url.erase(0, end + 3);
    }
    url.resize(std::min(url.size(), url.find('/')));
    if (const std::size_t at = url.rfind('@'); at != url.npos) url.erase(0, at + 1);
    const std::size_t bracket = url.rfind(']');
    const std::size_t colon = url.rfind(':');
    address found{url, scheme == "https" ? "443" : "1080"};
    if (colon != url.npos && (bracket == url.npos || colon > bracket))
        found = {url.substr(0, colon), url.substr(colon + 1)};
    if (found.host.starts_with('[') && found.host.ends_with(']'))
        found.host = found.host.substr(1, found.host.size() - 2);
    return found;
}

asio::awaitable<std::string> connect_to(address proxy)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver names(loop);
    asio::error_code failed;
    const auto found =
        co_await names.async_resolve(proxy.host, proxy.port, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return failed.message();
    asio::ip::tcp::socket socket(loop);
    co_await asio::async_connect(socket, found, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return failed.message();
    co_return std::string();
}

}  // namespace

std::string library_versions()
{
    return fmt::format("{} {} libx264, {}, SQLite {}", media::library_version(), media::has_x264() ? "with" : "without",
                       fetch::library_version(), sqlite3_libversion());
}

void try_sandbox()
{
    const pid_t child = fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "start a process");
    if (child == 0) {
        int error = 0;
        try {
            enter_sandbox(1ull << 32);
        } catch (const std::system_error& e) {
            error = e.code().value() ? e.code().value() : EPERM;
        }
        _exit(error);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw std::system_error(WIFEXITED(status) ? WEXITSTATUS(status) : EPERM, std::generic_category(),
                            "a worker process cannot be confined");
}

double free_bytes(std::filesystem::path folder)
{
    folder = std::filesystem::absolute(folder);
    while (!std::filesystem::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
    return static_cast<double>(std::filesystem::space(folder).available);
}

asio::awaitable<std::string> trouble_with_connecting(std::string proxy)
{
    using namespace asio::experimental::awaitable_operators;
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer patience(loop, std::chrono::seconds(10));
    address of_proxy = address_of_proxy(std::move(proxy));
    const auto ended = co_await (connect_to(std::move(of_proxy)) || patience.async_wait(asio::use_awaitable));
    if (ended.index() == 0) co_return std::get<0>(ended);
    co_return std::string("no answer within 10 s");
}

}  // namespace reelpipe
