#ifndef REELPIPE_PIPELINE_STAGE_HPP
#define REELPIPE_PIPELINE_STAGE_HPP

#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <reelpipe/pipeline/channel.hpp>
#include <reelpipe/pipeline/offload.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// What travels between two stages.
template <class T> struct envelope {
    envelope(T&& v, token_ref o) : value(std::move(v)), origin(std::move(o)) {}

    T value;
    token_ref origin;
    unsigned attempt = 1;
};

template <class T> std::size_t weight_of(const envelope<T>& e)
{
    using v1::weight_of;
    return weight_of(e.value);
}

// A line in which the workers of an ordered stage stand, so that they send in the order in which they took items.
class turnstile {
public:
    turnstile(asio::execution_context& context, std::size_t workers)
    {
        for (std::size_t i = 0; i < workers; ++i) waiting_.push_back(std::make_unique<wait_list>(context));
    }

    std::uint64_t take_place() { return places_++; }
    bool is_turn_of(std::uint64_t place) const { return place == turn_; }

    asio::awaitable<void> turn_of(std::uint64_t place)
    {
        while (!is_turn_of(place)) co_await at(place).wait();
    }

    void next()
    {
        ++turn_;
        at(turn_).notify_all();
    }

private:
    // Every worker has one place at most, so places that are taken at the same time do not share a list.
    wait_list& at(std::uint64_t place) { return *waiting_[place % waiting_.size()]; }

    std::uint64_t places_ = 0;
    std::uint64_t turn_ = 0;
    std::vector<std::unique_ptr<wait_list>> waiting_;
};

// Where the results of one worker leave.
template <class T> class outlet {
public:
    outlet(run_state& run, node& stage, time_sheet& sheet, sender<envelope<T>> down, activity outside, turnstile* line)
        : run_(run), stage_(stage), sheet_(sheet), down_(std::move(down)), outside_(outside), line_(line)
    {
    }

    // origin: the item that `value` came of; nullptr in a source, whose items begin here.
    bool try_send(T& value, token* origin)
    {
        using v1::weight_of;
        if (line_ && !line_->is_turn_of(place)) return false;
        if (!origin && !run_.may_admit()) return false;
        const std::size_t weight = weight_of(value);
        if (!down_.queue().has_room(weight)) return false;
        put(std::move(value), weight, origin ? token_ref(run_, *origin) : run_.take_token());
        return true;
    }

    asio::awaitable<void> send(T& value, token* origin)
    {
        using v1::weight_of;
        const spend blocked(sheet_, activity::blocked, outside_);
        if (line_) co_await line_->turn_of(place);
        if (!origin) co_await run_.room_to_admit();
        token_ref share = origin ? token_ref(run_, *origin) : run_.take_token();
        const std::size_t weight = weight_of(value);
        const bool open = co_await down_.queue().room_for(weight);
        if (!open || (!origin && run_.draining())) throw asio::system_error(asio::error::operation_aborted);
        put(std::move(value), weight, std::move(share));
    }

    std::uint64_t place = 0;  // in the line of an ordered stage

private:
    void put(T&& value, std::size_t weight, token_ref share)
    {
        if (!share->admitted) run_.admit(*share);
        ++stage_.counters.out;
        down_.queue().put(envelope<T>(std::move(value), std::move(share)), weight);
    }

    run_state& run_;
    node& stage_;
    time_sheet& sheet_;
    sender<envelope<T>> down_;
    activity outside_;
    turnstile* line_;
};

}  // namespace detail

// Leads to the next stage. By value; valid during the call that got it.
template <class T> class out {
public:
    out(detail::outlet<T>& outlet, detail::token* origin) : outlet_(&outlet), origin_(origin) {}

    // Waits while the next queue is full; from a source also while max_in_flight items are on their way. Throws
    // operation_aborted when the run wants no more items: let it pass.
    asio::awaitable<void> send(T item)
    {
        const bool sent = outlet_->try_send(item, origin_);
        if (!sent) co_await outlet_->send(item, origin_);
    }

    // Sends if that needs no waiting, and leaves `item` alone otherwise. Cheaper than send(), which can follow it.
    bool try_send(T& item) { return outlet_->try_send(item, origin_); }

private:
    detail::outlet<T>* outlet_;
    detail::token* origin_;
};

// One call of a stage function, which may ask for it as its last parameter. Valid during the call.
class context {
public:
    context(detail::run_state& run, detail::node& stage, std::uint64_t item, unsigned attempt)
        : run_(&run), stage_(&stage), item_(item), attempt_(attempt)
    {
    }

    std::uint64_t item() const { return item_; }  // of the source, counted from 0
    unsigned attempt() const { return attempt_; }
    std::stop_token stop_token() const { return run_->stop_token(); }

    // Adds to a counter of the stage that is shown in its stage_stats. From any thread.
    void count(const std::string& name, std::uint64_t n = 1)
    {
        const std::lock_guard lock(stage_->counters.mutex);
        stage_->counters.own[name] += n;
    }

private:
    detail::run_state* run_;
    detail::node* stage_;
    std::uint64_t item_;
    unsigned attempt_;
};

namespace detail {

template <class T> struct awaited {
    using type = T;
    static constexpr bool value = false;
};
template <class T> struct awaited<asio::awaitable<T>> {
    using type = T;
    static constexpr bool value = true;
};

template <class T> struct unwrapped {
    using type = T;
    static constexpr bool optional = false;
};
template <class T> struct unwrapped<std::optional<T>> {
    using type = T;
    static constexpr bool optional = true;
};

// T of the out<T> among the parameters of a function, else void.
template <class... A> struct out_among {
    using type = void;
};
template <class T, class... A> struct out_among<out<T>, A...> {
    using type = T;
};
template <class A, class... B> struct out_among<A, B...> : out_among<B...> {};

template <class F> struct sent_by {
    using type = void;
};
template <class F>
    requires requires { &F::operator(); }
struct sent_by<F> : sent_by<decltype(&F::operator())> {};
template <class R, class... A> struct sent_by<R (*)(A...)> : out_among<std::decay_t<A>...> {};
template <class R, class... A> struct sent_by<R (*)(A...) noexcept> : out_among<std::decay_t<A>...> {};
template <class C, class R, class... A> struct sent_by<R (C::*)(A...)> : out_among<std::decay_t<A>...> {};
template <class C, class R, class... A> struct sent_by<R (C::*)(A...) const> : out_among<std::decay_t<A>...> {};
template <class C, class R, class... A> struct sent_by<R (C::*)(A...) noexcept> : out_among<std::decay_t<A>...> {};
template <class C, class R, class... A>
struct sent_by<R (C::*)(A...) const noexcept> : out_among<std::decay_t<A>...> {};

template <class F, class... A>
concept stage_function =
    std::invocable<F&, A..., context> || std::invocable<F&, A..., std::stop_token> || std::invocable<F&, A...>;

// What a function of A... takes behind them, or std::monostate if it takes nothing.
template <class F, class... A>
using last_argument =
    std::conditional_t<std::invocable<F&, A..., context>, context,
                       std::conditional_t<std::invocable<F&, A..., std::stop_token>, std::stop_token, std::monostate>>;

template <class F, class Last, class... A> decltype(auto) call(F& f, Last& last, A&&... arguments)
{
    if constexpr (std::is_same_v<Last, std::monostate>)
        return std::invoke(f, std::forward<A>(arguments)...);
    else
        return std::invoke(f, std::forward<A>(arguments)..., std::move(last));
}

// What a stage function gives at once: a result, or an awaitable of it.
template <class F, class... A>
using begun_by = std::remove_cvref_t<decltype(call(std::declval<F&>(), std::declval<last_argument<F, A...>&>(),
                                                   std::declval<A>()...))>;

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

// Whether this is how a wait ends that was cancelled; several at once throw what holds the first of them.
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

template <class T, class F> class source_stage final : public node, public producer<T> {
public:
    source_stage(std::string stage_name, F f) : node(std::move(stage_name), stage_options{}), function_(std::move(f)) {}

    void hire(const std::shared_ptr<run_state>& run, std::vector<asio::awaitable<void>>& crew) override
    {
        crew.push_back(work(std::make_unique<worker>(run, *this)));
    }

private:
    struct worker {
        worker(std::shared_ptr<run_state> r, source_stage& stage)
            : run(std::move(r)),
              function(std::move(stage.function_)),
              sheet(stage.sheets.front()),
              to(*run, stage, sheet, std::move(stage.down), activity::busy, nullptr)
        {
        }
        worker(const worker&) = delete;
        worker& operator=(const worker&) = delete;
        ~worker() { sheet.enter(activity::none); }

        std::shared_ptr<run_state> run;  // first: outlives the rest
        F function;
        time_sheet& sheet;
        outlet<T> to;
    };

    static asio::awaitable<void> work(std::unique_ptr<worker> self)
    {
        self->sheet.enter(activity::busy);
        std::exception_ptr error;
        try {
            out<T> next(self->to, nullptr);
            co_await std::invoke(self->function, next);
        } catch (...) {
            error = std::current_exception();
        }
        const bool was_ended = error && self->run->draining() && is_abort(error);
        if (error && !was_ended) self->run->fail(std::move(error));
    }

    F function_;
};

enum class place { loop, pool };

// A stage behind the source: takes In, calls F on the loop or on the pool, and sends what comes out, if anything.
// Sent = void: a sink. Spreads: the function sends by itself, any number for one.
template <place Place, class In, class Sent, bool Spreads, class F>
class stage final : public node, public producer<std::conditional_t<std::is_void_v<Sent>, std::monostate, Sent>> {
public:
    static constexpr bool is_sink = std::is_void_v<Sent>;

    stage(std::string stage_name, F f, stage_options o) : node(std::move(stage_name), o), function_(std::move(f))
    {
        check(o.workers > 0, name, "needs a worker");
        check(o.attempts > 0, name, "needs an attempt");
        check(o.queue > 0, name, "needs room for an item in its queue");
        check(o.workers == 1 || std::copy_constructible<F>, name, "several workers need a copyable function");
        check(o.attempts == 1 || std::copy_constructible<In>, name, "several attempts need a copyable item");
        check(o.attempts == 1 || !Spreads, name, "a one-to-many stage has one attempt: it may have sent something");
        check(o.attempts == 1 || !is_sink, name, "a sink has one attempt");
        check(!o.ordered || !is_sink, name, "a sink has nobody to keep order for");
    }

    bool needs_cpu() const override { return Place == place::pool; }

    void open(asio::execution_context& where) override
    {
        queue_ = std::make_shared<channel_queue<envelope<In>>>(where, capacity{options.queue, options.weight});
        up->down = sender<envelope<In>>(queue_);
        visible_.store(queue_.get(), std::memory_order_release);
        if (options.ordered) line_.emplace(where, options.workers);
    }

    void hire(const std::shared_ptr<run_state>& run, std::vector<asio::awaitable<void>>& crew) override
    {
        for (std::size_t i = 0; i < options.workers; ++i)
            crew.push_back(work(std::make_unique<worker>(run, *this, i, i + 1 == options.workers)));
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
    static constexpr activity between = Place == place::pool ? activity::none : activity::busy;
    using sent = std::conditional_t<is_sink, std::monostate, Sent>;
    using last = typename std::conditional_t<Spreads, std::type_identity<last_argument<F, In, out<sent>>>,
                                             std::type_identity<last_argument<F, In>>>::type;

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

        // The item, or a copy of it while another attempt may need it.
        In item_of(envelope<In>& e) const
        {
            if constexpr (std::copy_constructible<In>)
                if (e.attempt < at.options.attempts) return e.value;
            return std::move(e.value);
        }

        auto way_on(envelope<In>& e)
        {
            if constexpr (Spreads)
                return out<sent>(to, &*e.origin);
            else
                return std::monostate{};
        }

        last last_of(const envelope<In>& e) const
        {
            if constexpr (std::is_same_v<last, context>)
                return context(*run, at, e.origin->item, e.attempt);
            else if constexpr (std::is_same_v<last, std::stop_token>)
                return run->stop_token();
            else
                return {};
        }

        std::shared_ptr<run_state> run;  // first: outlives the rest
        stage& at;
        F function;
        time_sheet& sheet;
        receiver<envelope<In>> in;
        outlet<sent> to;
    };

    // What one call is given. It outlives the call, which may take all of it by reference.
    struct arguments {
        arguments(worker& w, envelope<In>& e) : item(w.item_of(e)), next(w.way_on(e)), behind(w.last_of(e)) {}

        decltype(auto) give_to(F& function)
        {
            if constexpr (Spreads)
                return call(function, behind, std::move(item), std::move(next));
            else
                return call(function, behind, std::move(item));
        }

        In item;
        std::conditional_t<Spreads, out<sent>, std::monostate> next;
        last behind;
    };
    using begun = std::remove_cvref_t<decltype(std::declval<arguments&>().give_to(std::declval<F&>()))>;
    static constexpr bool awaits = awaited<begun>::value;
    using result = typename awaited<begun>::type;
    using product = std::conditional_t<std::is_void_v<result>, std::monostate, result>;

    static asio::awaitable<void> work(std::unique_ptr<worker> self);

    // The item waits without a worker; the sender keeps the queue open until it is back.
    static asio::awaitable<void> park(std::shared_ptr<run_state> run, sender<envelope<In>> back, envelope<In> e,
                                      std::chrono::milliseconds pause)
    {
        using detail::weight_of;
        co_await run->pause(pause);
        const std::size_t weight = weight_of(e);
        const bool open = co_await back.queue().room_for(weight);
        if (open && !run->stopping()) back.queue().put(std::move(e), weight);
    }

    F function_;
    std::shared_ptr<channel_queue<envelope<In>>> queue_;
    std::atomic<const channel_queue<envelope<In>>*> visible_{nullptr};  // to snapshots from other threads
    std::optional<turnstile> line_;
};

// g++ 12 sees how Asio allocates the frame of a coroutine but not how it releases it, and takes them for a mismatch.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
template <place Place, class In, class Sent, bool Spreads, class F>
asio::awaitable<void> stage<Place, In, Sent, Spreads, F>::work(std::unique_ptr<worker> self)
{
    worker& w = *self;
    stage& at = w.at;
    run_state& run = *w.run;
    channel_queue<envelope<In>>& queue = *at.queue_;

    w.sheet.enter(between);
    for (;;) {
        bool ready = !queue.empty();
        if (!ready) {
            const spend starved(w.sheet, activity::starved, between);
            ready = co_await queue.item_ready();
        }
        if (!ready) break;
        envelope<In> e = queue.take();
        token& origin = *e.origin;
        if (at.line_) w.to.place = at.line_->take_place();

        for (bool again = true; again;) {
            again = false;
            ++at.counters.in;
            std::exception_ptr error;
            std::optional<product> made;
            if constexpr (Place == place::pool) {
                // NOLINTNEXTLINE(bugprone-use-after-move): an attempt before the last one gets a copy
                auto attempt = [&] {
                    const spend busy(w.sheet, activity::busy, activity::none);
                    try {
                        arguments given(w, e);
                        made.emplace(given.give_to(w.function));
                    } catch (...) {
                        error = std::current_exception();
                    }
                };
                co_await call_on(run.cpu(), attempt);
            } else {
                try {
                    // NOLINTNEXTLINE(bugprone-use-after-move): an attempt before the last one gets a copy
                    arguments given(w, e);
                    if constexpr (awaits) {
                        auto begun = given.give_to(w.function);
                        if constexpr (std::is_void_v<result>) {
                            co_await std::move(begun);
                            made.emplace();
                        } else {
                            made.emplace(co_await std::move(begun));
                        }
                    } else {
                        given.give_to(w.function);
                        made.emplace();
                    }
                } catch (...) {
                    error = std::current_exception();
                }
            }

            if (run.stopping()) co_return;
            if (error) {
                const auto pause = run.judge(at, origin, e.attempt, std::move(error));
                if (run.stopping()) co_return;
                if (!pause) continue;
                ++e.attempt;
                if (at.line_) {  // those behind have to wait anyway, so the worker does as well
                    const spend resting(w.sheet, activity::none, between);
                    co_await run.pause(*pause);
                    if (run.stopping()) co_return;
                    again = true;
                } else {
                    run.spawn(park(w.run, sender<envelope<In>>(at.queue_), std::move(e), *pause));
                }
            } else if constexpr (is_sink) {
                ++at.counters.out;
            } else if constexpr (!Spreads) {
                if constexpr (unwrapped<result>::optional) {
                    if (!*made) {
                        ++at.counters.filtered;
                        continue;
                    }
                    const bool sent = w.to.try_send(**made, &origin);
                    if (!sent) co_await w.to.send(**made, &origin);
                } else {
                    const bool sent = w.to.try_send(*made, &origin);
                    if (!sent) co_await w.to.send(*made, &origin);
                }
            }
        }
        if (at.line_) {
            if (!at.line_->is_turn_of(w.to.place)) {
                const spend blocked(w.sheet, activity::blocked, between);
                co_await at.line_->turn_of(w.to.place);
            }
            at.line_->next();
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
