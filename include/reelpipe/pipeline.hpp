#ifndef REELPIPE_PIPELINE_HPP
#define REELPIPE_PIPELINE_HPP

// Staged pipelines of coroutines and plain functions: bounded, cancellable, measured. Asio and the standard library.
//
//     reelpipe::pipeline digests = reelpipe::source("urls", std::move(urls))
//         | reelpipe::io("fetch", fetch, {.workers = 64, .attempts = 5})
//         | reelpipe::cpu("hash", hash, {.workers = 4})
//         | reelpipe::sink("store", store);
//     reelpipe::runner batch{std::move(digests), {.cpu = pool.get_executor()}};
//     const reelpipe::report r = batch.run(io);
//
// Bounds. A queue holds `queue` items, and `weight` in all unless one item alone is heavier; `max_in_flight` items of
// the source are on their way at once, with everything that came of them.
// Workers. Each has its own copy of the function object, which may keep state between items without a lock. It may be
// a capturing lambda that is a coroutine: the closure lives as long as its worker. What it is given outlives its call,
// so it may take that by reference.
// The end. The source returns, the next stage empties its queue and returns, ..., run() returns: nobody closes
// anything, nothing that was sent is lost, nothing that was started is left.
// Failures. What a function throws goes to `on_failure`, whose verdict is to drop the item, to try it again (it waits
// beside the queue and holds no worker), to drain, or to stop. After stop(), or when the source throws, everything is
// cancelled and joined, and run() throws the first error.
// drain() feeds nothing more and finishes what was admitted; nobody waits for a pause before another attempt any more.
// cancel() drops what is queued, ends every wait with operation_aborted, raises the stop tokens and waits for the calls
// that run. Cancelling the coroutine that awaits run(): terminal as cancel(), after which it throws operation_aborted;
// partial and total as drain().
// Threads. Coroutines, sinks and on_failure run on the executor that run() is awaited on, one thread or a strand; cpu
// functions on run_options::cpu, at the same time. drain, cancel and snapshot may be called from anywhere.
// Order. Every queue is first in, first out. The whole keeps the order of the source if every stage has one worker
// and one attempt, or is `ordered`.

#define REELPIPE_VERSION 100

#include <asio.hpp>
#if !defined(ASIO_HAS_CO_AWAIT)
#error reelpipe/pipeline.hpp needs C++20; clang with Asio 1.22 needs -DASIO_HAS_CO_AWAIT=1 in every unit as well
#endif
#include <exception>
#include <memory>
#include <optional>
#include <reelpipe/pipeline/channel.hpp>
#include <reelpipe/pipeline/compose.hpp>
#include <reelpipe/pipeline/offload.hpp>
#include <reelpipe/pipeline/options.hpp>
#include <reelpipe/pipeline/report.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <reelpipe/pipeline/stage_base.hpp>
#include <reelpipe/pipeline/within.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace reelpipe {
inline namespace v1 {
// One run of one pipeline. Outlives the run.
class runner {
public:
    explicit runner(pipeline stages, run_options options = {})
    {
        detail::stage_list all = std::move(stages).release();
        if (all.empty()) throw std::invalid_argument("reelpipe: this pipeline has a runner already");
        for (const auto& stage : all)
            detail::check(options.cpu || !stage->needs_cpu(), stage->name, "needs run_options::cpu");
        state_ = std::make_shared<detail::run_state>(std::move(all), std::move(options));
    }
    template <class T> explicit runner(const flow<T>&, const run_options& = {})
    {
        detail::refuse<detail::mistake::no_sink, detail::given_by<T>>();
    }
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;

    // Ends when everything that it started has ended. Once. Cancelled by Asio, as far as the filter of the awaiting
    // coroutine lets it through: terminal as cancel(), partial and total as drain().
    asio::awaitable<report> run() & { return detail::run_state::execute_for_caller(state_); }

    // For main(): runs `io` until the pipeline has ended, whatever else is pending on it.
    report run(asio::io_context& io)
    {
        struct outcome {
            std::exception_ptr error;
            std::optional<report> result;
        };
        const auto ended = std::make_shared<outcome>();  // a handler that throws takes us out of here before the end
        asio::co_spawn(io, detail::run_state::execute(state_), [ended](std::exception_ptr e, report r) {
            ended->error = std::move(e);
            ended->result = std::move(r);
        });
        if (io.stopped()) io.restart();
        while (!ended->result)
            if (io.run_one() == 0) throw std::logic_error("reelpipe: the io_context was stopped before the run's end");
        if (ended->error) std::rethrow_exception(ended->error);
        return std::move(*ended->result);
    }

    // From any thread, at any time.
    void drain() { state_->drain(); }
    void cancel() { state_->cancel(); }
    report snapshot() const { return state_->snapshot(); }

private:
    std::shared_ptr<detail::run_state> state_;
};

}  // namespace v1
}  // namespace reelpipe

#endif
