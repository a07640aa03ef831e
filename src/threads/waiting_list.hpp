#ifndef REELPIPE_THREADS_WAITING_LIST_HPP
#define REELPIPE_THREADS_WAITING_LIST_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <list>
#include <system_error>

namespace reelpipe {

// A coroutine that waits until somebody wakes it. It looks before each wait whether it has to wait at all: being woken
// says no more than that something may have changed. Threads: that of the executor.
class waiter {
public:
    using time_point = asio::steady_timer::time_point;

    explicit waiter(const asio::any_io_executor& executor) : call_(executor) {}

    // Until wake(), or this time. Throws operation_aborted if the coroutine is cancelled.
    asio::awaitable<void> wait(time_point until = time_point::max())
    {
        call_.expires_at(until);
        asio::error_code woken;
        co_await call_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw std::system_error(asio::error::operation_aborted);
    }

    void wake() { call_.cancel(); }

private:
    asio::steady_timer call_;
};

// Coroutines that wait for the same thing, in the order in which they came. Other than in the wait_list of the pipeline
// header, a wait may have an end, and a place is kept from one wait to the next. Threads: one. Outlives its places.
class waiting_list {
public:
    // A coroutine's place, until it is destroyed. Whoever is first then is woken: what the one that leaves was woken
    // for and did not take is not lost, and what it left over may do for the next one.
    class place : public waiter {
    public:
        place(waiting_list& of, const asio::any_io_executor& executor)
            : waiter(executor), of_(of), me_(of.places_.insert(of.places_.end(), this))
        {
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place()
        {
            of_.places_.erase(me_);
            of_.wake_first();
        }

        bool is_first() const { return me_ == of_.places_.begin(); }

    private:
        waiting_list& of_;
        std::list<place*>::iterator me_;
    };

    bool is_empty() const { return places_.empty(); }

    void wake_first()
    {
        if (!places_.empty()) places_.front()->wake();
    }

    void wake_all()
    {
        for (place* const each : places_) each->wake();
    }

private:
    std::list<place*> places_;
};

}  // namespace reelpipe

#endif
