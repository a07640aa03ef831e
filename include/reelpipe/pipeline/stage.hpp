#ifndef REELPIPE_PIPELINE_STAGE_HPP
#define REELPIPE_PIPELINE_STAGE_HPP

#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <reelpipe/pipeline/channel.hpp>
#include <reelpipe/pipeline/function_traits.hpp>
#include <reelpipe/pipeline/offload.hpp>
#include <reelpipe/pipeline/outlet.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <reelpipe/pipeline/weight.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

inline void check(bool sound, const std::string& stage, const char* rule)
{
    if (!sound) throw std::invalid_argument("reelpipe: stage '" + stage + "': " + rule);
}

// One function object a worker; the last one may take the stage's own, so one worker needs no copy.
template <class F> F for_worker(F& f, bool last)
{
    if constexpr (std::copy_constructible<F>)
        if (!last) return f;
    return std::move(f);
}

// True if this is how a cancelled wait ends. Several waits at once throw a list of errors, whose first one decides.
inline bool is_abort(const std::exception_ptr& error)
{
    try {
        std::rethrow_exception(error);
    } catch (const asio::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (const asio::multiple_exceptions& e) {
        return is_abort(e.first_exception());
    } catch (...) {
        return false;
    }
}

template <class T> class producer {
public:
    sender<envelope<T>> down;  // until the workers have it
};

enum class runs_on { loop, pool };

// A stage behind the source: takes In, calls F on the loop or on the pool, and sends what comes out, if anything.
// Sent = void: a sink. Spreads: one-to-many, F writes to out<Sent> itself.
template <runs_on On, class In, class Sent, bool Spreads, class F>
class stage final : public stage_base, public producer<std::conditional_t<std::is_void_v<Sent>, std::monostate, Sent>> {
public:
    static constexpr bool is_sink = std::is_void_v<Sent>;

    stage(std::string stage_name, F f, stage_options o, weigher<In> weigh)
        : stage_base(std::move(stage_name), o), function_(std::move(f)), weigh_(std::move(weigh))
    {
        constexpr bool repeatable = std::copy_constructible<In> || leaves_item_alone<F, In>;
        check(o.workers > 0, name, "needs a worker");
        check(o.attempts > 0, name, "needs an attempt");
        check(o.queue > 0, name, "needs room for an item in its queue");
        check(o.weight == 0 || weigh_, name,
              "a limit on weight needs a weight_of() beside the item's type, or weigh_by()");
        check(o.workers == 1 || std::copy_constructible<F>, name, "several workers need a copyable function");
        check(o.attempts == 1 || repeatable, name, "several attempts need a copyable item, or one taken by const&");
        check(o.attempts == 1 || !Spreads, name, "a one-to-many stage has one attempt: it may have sent something");
        check(o.attempts == 1 || !is_sink, name, "a sink has one attempt");
        check(!o.ordered || !is_sink, name, "a sink has nobody to keep order for");
    }

    bool needs_cpu() const override { return On == runs_on::pool; }

    void open(asio::execution_context& where) override
    {
        queue_ = std::make_shared<channel_queue<envelope<In>>>(where, capacity{options.queue, options.weight}, weigh_);
        up->down = sender<envelope<In>>(queue_);
        visible_.store(queue_.get(), std::memory_order_release);
        if (options.ordered) line_.emplace(where, options.workers);
    }

    void start_workers(const std::shared_ptr<run_state>& run, std::vector<asio::awaitable<void>>& workers) override
    {
        for (std::size_t i = 0; i < options.workers; ++i)
            workers.push_back(work(std::make_unique<worker>(run, *this, i, i + 1 == options.workers)));
        this->down = {};
    }

    void close() override
    {
        if (queue_) queue_->close();
    }

    std::pair<std::size_t, std::size_t> queued_and_peak() const override
    {
        const auto* queue = visible_.load(std::memory_order_acquire);
        return queue ? std::pair(queue->size(), queue->peak()) : std::pair<std::size_t, std::size_t>();
    }

    producer<In>* up = nullptr;

private:
    static constexpr activity between = On == runs_on::pool ? activity::none : activity::busy;
    using sent = std::conditional_t<is_sink, std::monostate, Sent>;
    using last = typename std::conditional_t<Spreads, std::type_identity<last_argument<F, In, out<sent>>>,
                                             std::type_identity<last_argument<F, In>>>::type;

    struct worker;

    // The arguments of one call. They outlive the call, which may take all of them by reference.
    struct arguments {
        arguments(worker& w, envelope<In>& e)
            : from(e),
              next(way_on(w, e)),
              behind(make_last_argument<last>(*w.run, w.at, e.origin->item, e.attempt)),
              is_last(e.attempt >= w.at.options.attempts)
        {
        }

        // The item, or a copy of it while another attempt may need it and the function would change it.
        decltype(auto) give_to(F& function)
        {
            if (is_last) return give(function, std::move(from.value));
            if constexpr (leaves_item_alone<F, In>)
                return give(function, std::as_const(from.value));
            else if constexpr (std::copy_constructible<In>)
                return give(function, std::move(copy.emplace(from.value)));
            else
                return give(function, std::move(from.value));  // not reached: refused by the constructor
        }

        static auto way_on(worker& w, envelope<In>& e)
        {
            if constexpr (Spreads)
                return out<sent>(w.to, &*e.origin);
            else
                return std::monostate{};
        }

        template <class Item> decltype(auto) give(F& function, Item&& item)
        {
            if constexpr (Spreads)
                return call(function, behind, std::forward<Item>(item), std::move(next));
            else
                return call(function, behind, std::forward<Item>(item));
        }

        envelope<In>& from;
        std::optional<In> copy;
        std::conditional_t<Spreads, out<sent>, std::monostate> next;
        last behind;
        bool is_last;
    };
    using begun = std::remove_cvref_t<decltype(std::declval<arguments&>().give_to(std::declval<F&>()))>;
    static constexpr bool awaits = awaited<begun>::value;
    using result = typename awaited<begun>::type;
    using product = std::conditional_t<std::is_void_v<result>, std::monostate, result>;

    // How one call ended.
    struct attempt {
        // For functions that are not awaited.
        void make(worker& w, envelope<In>& e)
        {
            try {
                arguments given(w, e);
                if constexpr (std::is_void_v<result>) {
                    given.give_to(w.function);
                    made.emplace();
                } else {
                    made.emplace(given.give_to(w.function));
                }
            } catch (...) {
                error = std::current_exception();
            }
        }

        std::optional<product> made;
        std::exception_ptr error;
        bool may_be_repeated = true;
    };

    struct worker {
        worker(std::shared_ptr<run_state> r, stage& s, std::size_t number, bool is_last)
            : run(std::move(r)),
              at(s),
              function(for_worker(s.function_, is_last)),
              sheet(s.sheets[number]),
              in(s.queue_),
              to(*run, s, sheet, s.down, between, s.line_ ? &*s.line_ : nullptr)
        {
        }
        worker(const worker&) = delete;
        worker& operator=(const worker&) = delete;
        ~worker() { sheet.enter(activity::none); }

        asio::awaitable<bool> item_ready()
        {
            const scoped_activity starved(sheet, activity::starved, between);
            const bool ready = co_await at.queue_->item_ready();
            slice.begin();
            co_return ready;
        }

        envelope<In> take()
        {
            envelope<In> e = at.queue_->take();
            if (at.line_) to.place = at.line_->take_place();
            return e;
        }

        // True if nothing is left to be sent; otherwise product_of() has what is left.
        bool sent_on(attempt& a, envelope<In>& e)
        {
            if constexpr (is_sink) ++at.counters.out;
            if constexpr (is_sink || Spreads) return true;
            if constexpr (unwrapped<result>::optional)
                if (!*a.made) {
                    ++at.counters.filtered;
                    return true;
                }
            if constexpr (!is_sink && !Spreads) return to.try_send(product_of(a), &*e.origin);
        }

        static sent& product_of(attempt& a)
        {
            if constexpr (unwrapped<result>::optional)
                return **a.made;
            else
                return *a.made;
        }

        // The pause before this worker tries again; nothing if the item was given up, or waits beside the queue.
        std::optional<std::chrono::milliseconds> handle_failure(attempt& a, envelope<In>& e)
        {
            const auto pause = run->judge(at, *e.origin, e.attempt, std::move(a.error), a.may_be_repeated);
            if (!pause || run->stopping()) return std::nullopt;
            ++e.attempt;
            if (at.line_) return pause;  // those behind have to wait anyway, so the worker does as well
            run->spawn(park(run, sender<envelope<In>>(at.queue_), std::move(e), *pause));
            return std::nullopt;
        }

        asio::awaitable<void> rest(std::chrono::milliseconds pause)
        {
            const scoped_activity resting(sheet, activity::none, between);
            co_await run->pause(pause);
        }

        asio::awaitable<void> turn()
        {
            const scoped_activity blocked(sheet, activity::blocked, between);
            co_await at.line_->turn_of(to.place);
        }

        std::shared_ptr<run_state> run;  // first: outlives the rest
        stage& at;
        F function;
        time_sheet& sheet;
        receiver<envelope<In>> in;
        outlet<sent> to;
        time_slice slice;
    };

    static asio::awaitable<void> work(std::unique_ptr<worker> self);

    // The item waits without a worker; the sender keeps the queue open until it is back.
    static asio::awaitable<void> park(std::shared_ptr<run_state> run, sender<envelope<In>> back, envelope<In> e,
                                      std::chrono::milliseconds pause)
    {
        co_await run->pause(pause);
        auto& queue = back.queue();
        const std::size_t weight = queue.weight_of(e.value);
        const bool open = co_await queue.room_for(weight);
        if (open && !run->stopping())
            queue.emplace(weight, std::move(e));
        else
            queue.pass_on();
    }

    F function_;
    const weigher<In> weigh_;
    std::shared_ptr<channel_queue<envelope<In>>> queue_;
    std::atomic<const channel_queue<envelope<In>>*> visible_{nullptr};  // to snapshots from other threads
    std::optional<sequencer> line_;
};

// g++ 12 sees how Asio allocates the frame of a coroutine but not how it releases it, and takes them for a mismatch.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
template <runs_on On, class In, class Sent, bool Spreads, class F>
asio::awaitable<void> stage<On, In, Sent, Spreads, F>::work(std::unique_ptr<worker> self)
{
    worker& w = *self;
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    w.sheet.enter(between);
    for (;;) {
        bool ready = !w.at.queue_->empty();
        if (!ready) ready = co_await w.item_ready();
        if (!ready) co_return;
        envelope<In> e = w.take();

        for (bool again = true; again;) {
            again = false;
            ++w.at.counters.in;
            attempt one;
            if constexpr (On == runs_on::pool) {
                auto there = [&w, &e, &one] {
                    const scoped_activity busy(w.sheet, activity::busy, activity::none);
                    one.make(w, e);
                };
                co_await call_on(w.run->cpu(), there);
            } else if constexpr (!awaits) {
                one.make(w, e);
            } else {
                try {
                    arguments given(w, e);
                    begun call = given.give_to(w.function);
                    if constexpr (std::is_void_v<result>) {
                        co_await std::move(call);
                        one.made.emplace();
                    } else {
                        one.made.emplace(co_await std::move(call));
                    }
                } catch (...) {
                    one.error = std::current_exception();
                }
            }
            if (w.run->stopping()) co_return;

            if (!one.error) {
                try {
                    const bool sent = w.sent_on(one, e);
                    if constexpr (!is_sink && !Spreads)
                        if (!sent) co_await w.to.send(w.product_of(one), &*e.origin);
                } catch (...) {
                    one.error = std::current_exception();
                    one.may_be_repeated = false;
                }
            }
            if (w.run->stopping()) co_return;
            if (!one.error) continue;
            const auto pause = w.handle_failure(one, e);
            if (pause) co_await w.rest(*pause);
            if (w.run->stopping()) co_return;
            again = pause.has_value();
        }

        if (w.at.line_) {
            if (!w.at.line_->is_turn_of(w.to.place)) co_await w.turn();
            w.at.line_->next();
        }
        if constexpr (On == runs_on::loop && !awaits) {
            if (!w.slice.is_over()) continue;
            co_await asio::post(loop, asio::use_awaitable);
            w.slice.begin();
        }
    }
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
