#ifndef REELPIPE_PIPELINE_OFFLOAD_HPP
#define REELPIPE_PIPELINE_OFFLOAD_HPP

#include <asio.hpp>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace reelpipe {
inline namespace v1 {
namespace detail {

struct call_there {
    template <class Handler, class F> void operator()(Handler&& handler, const asio::any_io_executor& there, F* f) const
    {
        auto tracked = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
        asio::post(there,
                   [f, here = std::move(tracked), h = std::decay_t<Handler>(std::forward<Handler>(handler))]() mutable {
                       (*f)();
                       // With the handler the loop may come to its end and be destroyed, so it waits until this thread
                       // has let go.
                       const auto let_go = std::make_shared<std::atomic<bool>>(false);
                       {
                           const auto loop = std::move(here);
                           asio::post(loop, [let_go, resume = std::move(h)]() mutable {
                               let_go->wait(false);
                               std::move(resume)();
                           });
                       }
                       let_go->store(true);
                       let_go->notify_one();
                   });
    }
};

// Calls `f`, which must not throw, on `there`, while the coroutine stays suspended where it is. Not cancellable.
template <class F> asio::awaitable<void> call_on(asio::any_io_executor there, F& f)
{
    return asio::async_initiate<const asio::use_awaitable_t<>&, void()>(call_there{}, asio::use_awaitable,
                                                                        std::move(there), &f);
}

}  // namespace detail

// Runs a plain function on another executor, a thread pool as a rule, and gives its result; what it throws comes out
// of the co_await. The coroutine itself never leaves its executor. A cancelled coroutine waits for the function: a
// long one should look at a stop_token. Join the pool before the coroutine's io_context is destroyed.
//
//     auto hash = [&data] { return sha256(data); };
//     const digest d = co_await reelpipe::offload(pool.get_executor(), hash);
template <class F> asio::awaitable<std::invoke_result_t<F&>> offload(asio::any_io_executor pool, F f)
{
    using result = std::invoke_result_t<F&>;
    std::exception_ptr error;
    if constexpr (std::is_void_v<result>) {
        auto guarded = [&] {
            try {
                std::invoke(f);
            } catch (...) {
                error = std::current_exception();
            }
        };
        co_await detail::call_on(std::move(pool), guarded);
        if (error) std::rethrow_exception(error);
    } else {
        std::optional<result> value;
        auto guarded = [&] {
            try {
                value.emplace(std::invoke(f));
            } catch (...) {
                error = std::current_exception();
            }
        };
        co_await detail::call_on(std::move(pool), guarded);
        if (error) std::rethrow_exception(error);
        co_return std::move(*value);
    }
}

}  // namespace v1
}  // namespace reelpipe

#endif
