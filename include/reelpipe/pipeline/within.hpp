#ifndef REELPIPE_PIPELINE_WITHIN_HPP
#define REELPIPE_PIPELINE_WITHIN_HPP

#include <algorithm>
#include <asio.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <reelpipe/pipeline/stage_base.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace reelpipe {
inline namespace v1 {

// The failure of a call that took longer than within() allowed.
class call_timed_out : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

// What cancels a call that has a limit. The handlers of the limit and of the run may be called after it has ended.
struct call_limit {
    asio::cancellation_signal signal;
    bool is_over = false;
    bool is_late = false;
};

template <class T> asio::awaitable<void> keep(asio::awaitable<T> call, std::optional<T>& result)
{
    T made = co_await std::move(call);
    result.emplace(std::move(made));
}

inline asio::awaitable<void> keep(asio::awaitable<void> call, std::optional<std::monostate>& result)
{
    co_await std::move(call);
    result.emplace();
}

}  // namespace detail

// The result of the call, or its error. If it takes longer than the limit it is cancelled, and call_timed_out is thrown
// once it has ended; so a call that ignores cancellation still takes its time. What cancels the caller cancels the
// call. On the loop: `[](url u) { return within(5s, fetch(std::move(u))); }` is the function of an io stage or a sink.
template <class T> asio::awaitable<T> within(std::chrono::milliseconds limit, asio::awaitable<T> call)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    const asio::cancellation_state around = co_await asio::this_coro::cancellation_state;
    const auto state = std::make_shared<detail::call_limit>();
    asio::steady_timer timer(loop, std::min(limit, detail::max_pause));
    auto on_time = [state](asio::error_code cancelled) {
        if (cancelled || state->is_over) return;
        state->is_late = true;
        state->signal.emit(asio::cancellation_type::terminal);
    };
    timer.async_wait(std::move(on_time));
    asio::cancellation_slot from_caller = around.slot();
    if (from_caller.is_connected())
        from_caller.assign([weak = std::weak_ptr(state)](asio::cancellation_type how) {
            const auto alive = weak.lock();  // the call may end in here, and this handler with it
            if (alive && !alive->is_over) alive->signal.emit(how);
        });

    std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> result;
    std::exception_ptr error;
    try {
        asio::awaitable<void> kept = detail::keep(std::move(call), result);
        auto until_cancelled = asio::bind_cancellation_slot(state->signal.slot(), asio::use_awaitable);
        co_await asio::co_spawn(loop, std::move(kept), std::move(until_cancelled));
    } catch (...) {
        error = std::current_exception();
    }
    state->is_over = true;
    from_caller.clear();
    timer.cancel();
    if (error && state->is_late)
        throw call_timed_out("the call took longer than " + std::to_string(limit.count()) + " ms");
    if (error) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

}  // namespace v1
}  // namespace reelpipe

#endif
