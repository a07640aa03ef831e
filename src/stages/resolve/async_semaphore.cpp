#include "stages/resolve/async_semaphore.hpp"

#include <utility>

#include "threads/waiting_list.hpp"

namespace reelpipe::resolve {

struct async_semaphore::state {
    state(asio::any_io_executor e, std::size_t n) : executor(std::move(e)), free(n) {}

    asio::any_io_executor executor;
    std::size_t free;
    waiting_list line;
};

async_semaphore::place::place(std::shared_ptr<state> of) : of_(std::move(of)) {}

async_semaphore::place::~place()
{
    if (!of_) return;
    ++of_->free;
    of_->line.wake_first();
}

async_semaphore::async_semaphore(asio::any_io_executor executor, std::size_t places)
    : state_(std::make_shared<state>(std::move(executor), places))
{
}

asio::awaitable<async_semaphore::place> async_semaphore::enter() { return enter(state_); }

asio::awaitable<async_semaphore::place> async_semaphore::enter(std::shared_ptr<state> self)
{
    waiting_list::place mine(self->line, self->executor);
    while (!mine.is_first() || self->free == 0) co_await mine.wait();
    --self->free;
    place inside(self);
    co_return inside;
}

}  // namespace reelpipe::resolve
