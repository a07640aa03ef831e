#ifndef REELPIPE_PIPELINE_EXECUTE_HPP
#define REELPIPE_PIPELINE_EXECUTE_HPP

#include <asio.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <reelpipe/pipeline/executor.hpp>
#include <reelpipe/pipeline/report.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// A pool that is stopped keeps what it was given for ever and tells nobody, so somebody has to look.
inline asio::awaitable<void> run_state::watch_pool(std::shared_ptr<run_state> self)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop);
    self->watch_ = &timer;
    const std::unique_ptr<run_state, void (*)(run_state*)> until_here(self.get(),
                                                                      [](run_state* s) { s->watch_ = nullptr; });
    while (self->alive_ > 1) {
        timer.expires_after(std::chrono::milliseconds(100));
        asio::error_code last_one_ended;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, last_one_ended));
        if (self->alive_ > 1 && is_stopped_pool(self->options_.cpu))
            throw std::runtime_error("reelpipe: the pool of run_options::cpu was stopped during the run");
    }
}

inline void run_state::start(const asio::any_io_executor& executor)
{
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    admission_.emplace(context);
    last_one_ended_.emplace(context);

    bool computes = false;
    std::vector<asio::awaitable<void>> workers;  // the source is its first
    for (const auto& stage : stages_) stage->open(context);
    for (const auto& stage : stages_) {
        stage->start_workers(shared_from_this(), workers);
        computes = computes || stage->needs_cpu();
    }
    for (auto& worker : workers) spawn(std::move(worker));
    feeding_ = &tasks_.front();
    if (computes) spawn(watch_pool(shared_from_this()));
}

inline asio::awaitable<report> run_state::execute(std::shared_ptr<run_state> self)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    self->started(loop);
    const std::unique_ptr<run_state, void (*)(run_state*)> until_here(self.get(), [](run_state* s) { s->ended(); });
    if (!self->draining()) self->start(loop);
    while (self->alive_ != 0) co_await self->last_one_ended_->wait();

    self->ended();
    if (self->error_) std::rethrow_exception(self->error_);
    if (self->aborted_) throw asio::system_error(asio::error::operation_aborted);
    co_return self->snapshot();
}

// Runs beside the coroutine that awaits it: its cancellation state stays its own business, and tells whether and how
// the run is cancelled.
struct run_state::start_run {
    template <class Handler>
    void operator()(Handler&& handler, std::shared_ptr<run_state> run, const asio::any_io_executor& loop) const
    {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
            slot.assign([weak = std::weak_ptr(run), loop](asio::cancellation_type how) {
                asio::dispatch(loop, [weak, how] {
                    if (const auto self = weak.lock()) self->cancelled_by_caller(how);
                });
            });
        auto ended = [slot, h = std::decay_t<Handler>(std::forward<Handler>(handler))](std::exception_ptr error,
                                                                                       report result) mutable {
            const auto where = asio::get_associated_executor(h);
            asio::dispatch(where, [slot, resume = std::move(h), e = std::move(error), r = std::move(result)]() mutable {
                if (slot.is_connected()) slot.clear();
                std::move(resume)(std::move(e), std::move(r));
            });
        };
        asio::co_spawn(loop, execute(std::move(run)), std::move(ended));
    }
};

inline asio::awaitable<report> run_state::execute_for_caller(std::shared_ptr<run_state> self)
{
    const asio::any_io_executor here = co_await asio::this_coro::executor;
    const asio::any_io_executor loop = one_at_a_time(here);
    report result = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr, report)>(
        start_run{}, asio::use_awaitable, std::move(self), loop);
    co_return result;
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
