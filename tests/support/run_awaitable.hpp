#ifndef REELPIPE_TESTS_RUN_AWAITABLE_HPP
#define REELPIPE_TESTS_RUN_AWAITABLE_HPP

#include <asio.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace reelpipe::test {

// Runs a coroutine to its end on `io` and gives its result; what it throws comes out here. Assertions stay outside of
// coroutines: g++ 12 evaluates a macro argument with co_await three times.
template <class T>
T run_awaitable(asio::io_context& io, asio::awaitable<T> task, std::chrono::seconds deadline = std::chrono::seconds(60))
{
    std::exception_ptr error;
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
        error = e;
        if (!e) result.emplace(std::move(value));
    });
    io.restart();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!error && !result)
        if (io.run_one_until(end) == 0) throw std::runtime_error("the coroutine had not ended at its deadline");
    if (error) std::rethrow_exception(error);
    return std::move(*result);
}

inline void run_awaitable(asio::io_context& io, asio::awaitable<void> task,
                          std::chrono::seconds deadline = std::chrono::seconds(60))
{
    std::exception_ptr error;
    bool ended = false;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) {
        error = e;
        ended = true;
    });
    io.restart();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!ended)
        if (io.run_one_until(end) == 0) throw std::runtime_error("the coroutine had not ended at its deadline");
    if (error) std::rethrow_exception(error);
}

}  // namespace reelpipe::test

#endif
