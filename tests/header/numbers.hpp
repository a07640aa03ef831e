#ifndef REELPIPE_TESTS_HEADER_NUMBERS_HPP
#define REELPIPE_TESTS_HEADER_NUMBERS_HPP

#include <asio.hpp>
#include <cstddef>
#include <numeric>
#include <vector>

namespace reelpipe::test {

// 0, 1, ... n - 1.
inline std::vector<int> up_to(int n)
{
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

inline asio::awaitable<void> next_turn()
{
    const auto loop = co_await asio::this_coro::executor;
    co_await asio::post(loop, asio::use_awaitable);
}

inline asio::awaitable<int> after_a_turn(int i)
{
    co_await next_turn();
    co_return i;
}

// Until it is cancelled.
inline asio::awaitable<int> for_ever(int i)
{
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer never(loop, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
    co_return i;
}

}  // namespace reelpipe::test

#endif
