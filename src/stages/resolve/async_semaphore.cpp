#include "stages/resolve/async_semaphore.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <system_error>
#include <utility>

namespace reelpipe::resolve {

namespace {

struct waiter {
    explicit waiter(const asio::any_io_executor& executor) : call(executor, asio::steady_timer::time_point::max()) {}

    asio::steady_timer call;  // never expires; cancelled to call the waiter in
    bool called = false;
};

}  // namespace

struct async_semaphore::state {
    state(asio::any_io_executor e, std::size_t n) : executor(std::move(e)), free(n) {}

    void leave()
    {
        for (waiter& next : waiting) {
            if (next.called) continue;
            next.called = true;
            next.call.cancel();
            return;
        }
        ++free;
    }

    asio::any_io_executor executor;
    std::size_t free;  // 0 while anybody waits to be called
    std::list<waiter> waiting;
};

async_semaphore::place::place(std::shared_ptr<state> of) : of_(std::move(of)) {}

async_semaphore::place::~place()
{
    if (of_) of_->leave();
}

async_semaphore::async_semaphore(asio::any_io_executor executor, std::size_t places)
    : state_(std::make_shared<state>(std::move(executor), places))
{
}

asio::awaitable<async_semaphore::place> async_semaphore::enter() { return enter(state_); }

asio::awaitable<async_semaphore::place> async_semaphore::enter(std::shared_ptr<state> self)
{
    if (self->free > 0) {
        --self->free;
        co_return place(std::move(self));
    }
    const auto me = self->waiting.emplace(self->waiting.end(), self->executor);
    std::error_code woken;
    co_await me->call.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const bool called = me->called;  // true as well for one that is called and cancelled at once: it is in
    self->waiting.erase(me);
    if (!called) throw std::system_error(asio::error::operation_aborted);
    co_return place(std::move(self));
}

}  // namespace reelpipe::resolve
