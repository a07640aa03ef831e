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
#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <reelpipe/pipeline/channel.hpp>
#include <reelpipe/pipeline/offload.hpp>
#include <reelpipe/pipeline/options.hpp>
#include <reelpipe/pipeline/report.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <reelpipe/pipeline/stage.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

using nodes = std::vector<std::unique_ptr<node>>;

template <place Place, class F> struct stage_definition {
    std::string name;
    F function;
    stage_options options;
};

template <class F> struct sink_definition {
    std::string name;
    F function;
    stage_options options;
};

// Elements of a container are moved out; what a view refers to belongs to somebody else.
template <class T, class R> asio::awaitable<void> feed(R range, out<T> next)
{
    const auto end = std::ranges::end(range);
    for (auto at = std::ranges::begin(range); at != end; ++at) {
        std::optional<T> item;
        if constexpr (std::ranges::view<R>)
            item.emplace(*at);
        else
            item.emplace(std::ranges::iter_move(at));
        const bool sent = next.try_send(*item);
        if (!sent) co_await next.send(std::move(*item));
    }
}

}  // namespace detail

// A pipeline that still lacks its sink and produces T: functions can take and return it.
template <class T> class flow {
public:
    flow(detail::nodes stages, detail::producer<T>& last) : stages_(std::move(stages)), last_(&last) {}

    template <class Stage> detail::nodes with(std::unique_ptr<Stage> next) &&
    {
        next->up = last_;
        stages_.push_back(std::move(next));
        return std::move(stages_);
    }

private:
    detail::nodes stages_;
    detail::producer<T>* last_;
};

// Complete, from source to sink. Does nothing until a runner has it.
class pipeline {
public:
    explicit pipeline(detail::nodes stages) : stages_(std::move(stages)) {}
    detail::nodes release() && { return std::move(stages_); }

private:
    detail::nodes stages_;
};

// Where items come from: a range, lazy or not, or a coroutine function awaitable<void>(out<T>).
template <class F> auto source(std::string name, F from)
{
    const auto begin = []<class T, class G>(std::type_identity<T>, std::string n, G function) {
        auto stage = std::make_unique<detail::source_stage<T, G>>(std::move(n), std::move(function));
        auto& last = *stage;
        detail::nodes stages;
        stages.push_back(std::move(stage));
        return flow<T>(std::move(stages), last);
    };
    if constexpr (std::ranges::input_range<F>) {
        using item = std::ranges::range_value_t<F>;
        auto feeder = [range = std::move(from)](out<item> next) mutable {
            return detail::feed<item>(std::move(range), next);
        };
        return begin(std::type_identity<item>{}, std::move(name), std::move(feeder));
    } else {
        using item = typename detail::sent_by<F>::type;
        static_assert(!std::is_void_v<item>,
                      "reelpipe: a source is a range or a function awaitable<void>(reelpipe::out<T>)");
        if constexpr (!std::is_void_v<item>) return begin(std::type_identity<item>{}, std::move(name), std::move(from));
    }
}

// On the loop: awaitable<Out>(In), awaitable<std::optional<Out>>(In), which leaves items out by an empty optional, or
// awaitable<void>(In, out<Out>), which sends any number. A context or a std::stop_token may follow.
template <class F>
detail::stage_definition<detail::place::loop, std::decay_t<F>> io(std::string name, F&& f, stage_options options = {})
{
    return {std::move(name), std::forward<F>(f), options};
}

// On run_options::cpu: Out(In) or std::optional<Out>(In). A context or a std::stop_token may follow.
template <class F>
detail::stage_definition<detail::place::pool, std::decay_t<F>> cpu(std::string name, F&& f, stage_options options = {})
{
    return {std::move(name), std::forward<F>(f), options};
}

// Where items end, on the loop: void(In) or awaitable<void>(In). A context or a std::stop_token may follow.
template <class F> detail::sink_definition<std::decay_t<F>> sink(std::string name, F&& f, stage_options options = {})
{
    return {std::move(name), std::forward<F>(f), options};
}

template <class In, detail::place Place, class F> auto operator|(flow<In> up, detail::stage_definition<Place, F> next)
{
    using sent = typename detail::sent_by<F>::type;
    const auto append = [&]<class Out, bool Spreads>(std::type_identity<Out>, std::bool_constant<Spreads>) {
        auto stage = std::make_unique<detail::stage<Place, In, Out, Spreads, F>>(
            std::move(next.name), std::move(next.function), next.options);
        auto& last = *stage;
        return flow<Out>(std::move(up).with(std::move(stage)), last);
    };
    if constexpr (!std::is_void_v<sent>) {
        static_assert(Place == detail::place::loop, "reelpipe: a stage that sends through out<T> is an io stage");
        constexpr bool fits = detail::stage_function<F, In, out<sent>>;
        static_assert(fits, "reelpipe: the stage function does not accept what the stage before it produces");
        if constexpr (fits) return append(std::type_identity<sent>{}, std::true_type{});
    } else {
        constexpr bool fits = detail::stage_function<F, In>;
        static_assert(fits, "reelpipe: the stage function does not accept what the stage before it produces");
        if constexpr (fits) {
            using begun = detail::begun_by<F, In>;
            using result = typename detail::awaited<begun>::type;
            constexpr bool awaits = detail::awaited<begun>::value;
            static_assert(awaits || Place == detail::place::pool, "reelpipe: an io stage returns asio::awaitable<Out>");
            static_assert(!awaits || Place == detail::place::loop, "reelpipe: a cpu stage is a plain function");
            static_assert(!std::is_void_v<result>, "reelpipe: a function that returns nothing is a sink");
            if constexpr (!std::is_void_v<result> && awaits == (Place == detail::place::loop))
                return append(std::type_identity<typename detail::unwrapped<result>::type>{}, std::false_type{});
        }
    }
}

template <class In, class F> pipeline operator|(flow<In> up, detail::sink_definition<F> last)
{
    constexpr bool fits = detail::stage_function<F, In>;
    static_assert(fits, "reelpipe: the sink does not accept what the stage before it produces");
    if constexpr (fits) {
        constexpr bool takes_all = std::is_void_v<typename detail::awaited<detail::begun_by<F, In>>::type>;
        static_assert(takes_all, "reelpipe: a sink returns nothing or asio::awaitable<void>");
        if constexpr (takes_all) {
            using stage = detail::stage<detail::place::loop, In, void, false, F>;
            return pipeline(std::move(up).with(
                std::make_unique<stage>(std::move(last.name), std::move(last.function), last.options)));
        }
    }
}

// One run of one pipeline. Outlives the run.
class runner {
public:
    explicit runner(pipeline stages, run_options options = {})
    {
        detail::nodes all = std::move(stages).release();
        if (all.empty()) throw std::invalid_argument("reelpipe: this pipeline has a runner already");
        if (options.max_in_flight == 0) throw std::invalid_argument("reelpipe: max_in_flight is at least 1");
        for (const auto& stage : all)
            detail::check(options.cpu || !stage->needs_cpu(), stage->name, "needs run_options::cpu");
        state_ = std::make_shared<detail::run_state>(std::move(all), std::move(options));
    }
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;

    // Ends when everything that it started has ended. Once.
    asio::awaitable<report> run() & { return detail::run_state::go(state_); }

    // For main(): runs `io` until the pipeline has ended, whatever else is pending on it.
    report run(asio::io_context& io)
    {
        struct outcome {
            std::exception_ptr error;
            std::optional<report> result;
        };
        const auto ended = std::make_shared<outcome>();  // a handler that throws takes us out of here before the end
        asio::co_spawn(io, run(), [ended](std::exception_ptr e, report r) {
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
