#include "pipeline/second_requests.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

namespace reelpipe {

asio::awaitable<void> second_requests::send_ready(out<video_ptr>& next, video_stages& asking)
{
    host_refusals& refusals = policy_.refusals();
    if (refusals.has_long_row()) co_await settle_doubts(asking, host_refusals::long_row);
    while (video_ptr video = refusals.ready_to_ask_again()) co_await next.send(std::move(video));
}

std::size_t second_requests::take_rest()
{
    if (!policy_.is_ending()) rest_ = policy_.refusals().take_all();
    return rest_.size();
}

asio::awaitable<void> second_requests::feed_rest(out<video_ptr> next)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer until_then(loop);
    for (host_refusals::second_request& each : rest_) {
        until_then.expires_at(each.when);
        co_await until_then.async_wait(asio::use_awaitable);
        co_await next.send(std::move(each.video));
    }
}

asio::awaitable<void> second_requests::settle_doubts(video_stages& asking, std::size_t in_a_row)
{
    using namespace asio::experimental::awaitable_operators;
    constexpr std::chrono::minutes longest(2);
    if (policy_.is_ending()) co_return;
    co_await (asking.settle_doubts(ledger_.last_stored_video(), in_a_row) || until_ending(longest));
}

// The user may say so from another thread, so somebody has to look.
asio::awaitable<void> second_requests::until_ending(std::chrono::seconds longest)
{
    using clock = std::chrono::steady_clock;
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop);
    const clock::time_point end = clock::now() + longest;
    while (!policy_.is_ending() && clock::now() < end) {
        timer.expires_after(std::chrono::milliseconds(100));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace reelpipe
