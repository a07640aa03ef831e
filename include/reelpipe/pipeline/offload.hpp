#ifndef REELPIPE_PIPELINE_OFFLOAD_HPP
#define REELPIPE_PIPELINE_OFFLOAD_HPP

#include <asio.hpp>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// A call on its way to another executor and back, and the coroutine that waits for it. Whoever comes first decides: the
// other executor, which begins the call, or who gives it up before.
template <class Handler, class F>
class call_elsewhere : public std::enable_shared_from_this<call_elsewhere<Handler, F>> {
public:
    call_elsewhere(Handler handler, F& f)
        : handler_(std::move(handler)),
          here_(asio::prefer(asio::get_associated_executor(handler_), asio::execution::outstanding_work.tracked)),
          function_(&f)
    {
    }

    // There.
    void make()
    {
        if (!is_first()) return;
        (*function_)();
        {
            // With the handler the loop may come to its end and be destroyed, so it waits until this thread has let go.
            const auto loop = std::move(here_);
            asio::post(loop, [self = this->shared_from_this(), h = std::move(handler_)]() mutable {
                self->let_go_.wait(false);
                resume(h, nullptr);
            });
        }
        let_go_.store(true);
        let_go_.notify_one();
    }

    // From any thread.
    void give_up(std::exception_ptr error)
    {
        if (!is_first()) return;
        const auto loop = std::move(here_);
        asio::post(loop, [h = std::move(handler_), e = std::move(error)]() mutable { resume(h, std::move(e)); });
    }

    void on_cancellation()
    {
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        slot.assign([weak = this->weak_from_this()](asio::cancellation_type how) {
            const auto self = weak.lock();
            if (!self || how == asio::cancellation_type::none) return;
            self->give_up(std::make_exception_ptr(asio::system_error(asio::error::operation_aborted)));
        });
    }

private:
    bool is_first() { return !taken_.exchange(true); }

    static void resume(Handler& handler, std::exception_ptr error)
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) slot.clear();
        std::move(handler)(std::move(error));
    }

    Handler handler_;
    std::decay_t<decltype(asio::prefer(asio::get_associated_executor(std::declval<Handler&>()),
                                       asio::execution::outstanding_work.tracked))>
        here_;
    F* function_;
    std::atomic<bool> taken_{false};
    std::atomic<bool> let_go_{false};
};

// The function object that the other executor gets. If it is destroyed with the executor, the call was never begun.
template <class Call> class posted_call {
public:
    explicit posted_call(std::shared_ptr<Call> call) : call_(std::move(call)) {}
    posted_call(posted_call&&) = default;
    posted_call& operator=(posted_call&&) = delete;
    ~posted_call()
    {
        if (!call_) return;
        const char* const what = "reelpipe: the executor was destroyed before it began a call that it had been given";
        call_->give_up(std::make_exception_ptr(std::runtime_error(what)));
    }

    void operator()() { std::exchange(call_, nullptr)->make(); }

private:
    std::shared_ptr<Call> call_;
};

struct start_call {
    template <class Handler, class F> void operator()(Handler&& handler, const asio::any_io_executor& there, F* f) const
    {
        using call = call_elsewhere<std::decay_t<Handler>, F>;
        auto made = std::make_shared<call>(std::forward<Handler>(handler), *f);
        made->on_cancellation();
        asio::post(there, posted_call<call>(std::move(made)));
    }
};

// Calls `f`, which must not throw, on `there`, while the coroutine stays suspended where it is. Cancelled, it throws
// operation_aborted if the call has not begun, else it waits for its end.
template <class F> asio::awaitable<void> call_on(asio::any_io_executor there, F& f)
{
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
        start_call{}, asio::use_awaitable, std::move(there), &f);
}

}  // namespace detail

// Runs a plain function on another executor, a thread pool as a rule, and gives its result; what it throws comes out
// of the co_await. The coroutine itself never leaves its executor. Cancelled, a call that has not begun ends with
// operation_aborted; one that has is waited for, and should look at a stop_token if it is long. Join the pool before
// the coroutine's io_context is destroyed.
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
