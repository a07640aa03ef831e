#ifndef REELPIPE_PIPELINE_SOURCE_HPP
#define REELPIPE_PIPELINE_SOURCE_HPP

#include <asio.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <reelpipe/pipeline/function_traits.hpp>
#include <reelpipe/pipeline/offload.hpp>
#include <reelpipe/pipeline/outlet.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <reelpipe/pipeline/stage.hpp>
#include <string>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// Elements of a container are moved out; what a view refers to belongs to somebody else.
template <class R, class It> decltype(auto) element_of(It& at)
{
    if constexpr (std::ranges::view<R>)
        return *at;
    else
        return std::ranges::iter_move(at);
}

template <class T, class R> asio::awaitable<void> feed(R range, out<T> next)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    time_slice slice;
    const auto end = std::ranges::end(range);
    for (auto at = std::ranges::begin(range); at != end; ++at) {
        T item(element_of<R>(at));
        const bool sent = next.try_send(item);
        if (!sent) co_await send_from(next, item);
        if (sent && !slice.is_over()) continue;
        if (sent) co_await asio::post(loop, asio::use_awaitable);
        slice.begin();
    }
}

// Walks the range on the pool, for about a millisecond at a time.
template <class T, class R> asio::awaitable<void> feed_from_pool(R range, asio::any_io_executor pool, out<T> next)
{
    std::optional<std::ranges::iterator_t<R>> at;
    std::vector<T> made;
    std::exception_ptr error;
    auto make_some = [&] {
        try {
            if (!at) at.emplace(std::ranges::begin(range));
            time_slice slice;
            for (; *at != std::ranges::end(range) && made.size() < 64 && !slice.is_over(); ++*at)
                made.emplace_back(element_of<R>(*at));
        } catch (...) {
            error = std::current_exception();
        }
    };
    do {
        made.clear();
        co_await call_on(pool, make_some);
        for (T& item : made) {
            const bool sent = next.try_send(item);
            if (!sent) co_await send_from(next, item);
        }
    } while (!made.empty() && !error);
    if (error) std::rethrow_exception(error);
}

template <class T, runs_on On, class F> class source_stage final : public stage_base, public producer<T> {
public:
    source_stage(std::string stage_name, F f)
        : stage_base(std::move(stage_name), stage_options{}), function_(std::move(f))
    {
    }

    bool needs_cpu() const override { return On == runs_on::pool; }

    void start_workers(const std::shared_ptr<run_state>& run, std::vector<asio::awaitable<void>>& workers) override
    {
        workers.push_back(work(std::make_unique<worker>(run, *this)));
    }

private:
    using last = last_argument<F, out<T>>;

    struct worker {
        worker(std::shared_ptr<run_state> r, source_stage& stage)
            : run(std::move(r)),
              function(std::move(stage.function_)),
              sheet(stage.sheets.front()),
              to(*run, stage, sheet, std::move(stage.down), activity::busy, nullptr),
              behind(make_last_argument<last>(*run, stage, 0, 1))
        {
        }
        worker(const worker&) = delete;
        worker& operator=(const worker&) = delete;
        ~worker() { sheet.enter(activity::none); }

        std::shared_ptr<run_state> run;  // first: outlives the rest
        F function;
        time_sheet& sheet;
        outlet<T> to;
        last behind;
    };

    static asio::awaitable<void> work(std::unique_ptr<worker> self)
    {
        self->sheet.enter(activity::busy);
        std::exception_ptr error;
        try {
            out<T> next(self->to, nullptr);
            asio::awaitable<void> begun = call(self->function, self->behind, std::move(next));
            co_await std::move(begun);
        } catch (...) {
            error = std::current_exception();
        }
        const bool was_ended = error && self->run->draining() && is_abort(error);
        if (error && !was_ended) self->run->fail(std::move(error));
    }

    F function_;
};

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
