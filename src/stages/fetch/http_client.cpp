#include "stages/fetch/http_client.hpp"

#include <algorithm>
#include <asio/use_awaitable.hpp>
#include <limits>
#include <utility>

#include "stages/fetch/transfer_state.hpp"

namespace reelpipe::fetch {

std::chrono::steady_clock::duration http_client::driver::worth(std::uint64_t received) const noexcept
{
    const std::chrono::duration<double> time(static_cast<double>(received) / static_cast<double>(options.rate_limit));
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(time);
}

void http_client::driver::spend(std::uint64_t received) noexcept
{
    if (options.rate_limit == 0 || received == 0) return;
    paid_until = std::max(paid_until, std::chrono::steady_clock::now()) + worth(received);
}

void http_client::driver::give_back(std::uint64_t unused) noexcept
{
    if (options.rate_limit != 0) paid_until -= worth(unused);
}

void http_client::driver::tell_private(const std::string& host, const char* address)
{
    constexpr std::size_t most = 32;
    if (options.on_private_host && private_hosts.size() < most && private_hosts.insert(host).second)
        options.on_private_host(host, address);
}

http_client::http_client(asio::any_io_executor loop, http_options options)
    : driver_(std::make_shared<driver>(std::move(loop), std::move(options)))
{
}

http_client::~http_client() = default;

asio::awaitable<void> http_client::wait_for_turn(std::uint64_t bytes)
{
    const std::shared_ptr<driver> shared = driver_;
    if (shared->options.rate_limit == 0) co_return;
    while (shared->paid_until > std::chrono::steady_clock::now()) {
        asio::steady_timer pause(shared->loop, shared->paid_until);
        co_await pause.async_wait(asio::use_awaitable);
    }
    shared->spend(bytes);
}

std::uint64_t http_client::max_at_once() const
{
    constexpr std::uint64_t not_worth_a_request = 64u << 10;
    const std::uint64_t rate = driver_->options.rate_limit;
    return rate == 0 ? std::numeric_limits<std::uint64_t>::max() : std::max(rate, not_worth_a_request);
}

transfer http_client::start(http_request request, body_sink& sink)
{
    return transfer(std::make_unique<transfer::state>(driver_, std::move(request), sink));
}

asio::awaitable<response_head> http_client::get(http_request request, body_sink& sink)
{
    transfer running = start(std::move(request), sink);
    response_head head = co_await running.wait();
    co_return head;
}

std::uint64_t http_client::bytes() const { return driver_->bytes; }
std::uint64_t http_client::requests() const { return driver_->requests; }

}  // namespace reelpipe::fetch
