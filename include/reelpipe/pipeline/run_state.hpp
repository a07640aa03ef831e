#ifndef REELPIPE_PIPELINE_RUN_STATE_HPP
#define REELPIPE_PIPELINE_RUN_STATE_HPP

#include <array>
#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <reelpipe/pipeline/options.hpp>
#include <reelpipe/pipeline/report.hpp>
#include <reelpipe/pipeline/wait_list.hpp>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// A number that one thread writes and any thread reads.
class tally {
public:
    void operator++() { *this += 1; }
    void operator+=(std::uint64_t n) { value_.store(*this + n, std::memory_order_relaxed); }
    operator std::uint64_t() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

inline std::uint64_t nanoseconds_now()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

enum class activity : unsigned { none, busy, starved, blocked };

// Where the time of one worker goes. The clock is read only when the activity changes: a worker that goes from item
// to item without waiting costs nothing. One thread writes at a time; readers never count an instant twice.
class time_sheet {
public:
    void enter(activity next)
    {
        const std::uint64_t now = nanoseconds_now();
        const std::uint64_t last = current_.load(std::memory_order_relaxed);
        current_.store(now << 2 | static_cast<unsigned>(next), std::memory_order_relaxed);
        auto& spent = spent_[last & 3];  // written after current_: who reads this sum sees at least that change
        spent.store(spent.load(std::memory_order_relaxed) + now - (last >> 2), std::memory_order_release);
    }

    // Nanoseconds by activity until now.
    std::array<std::uint64_t, 4> read() const
    {
        std::array<std::uint64_t, 4> spent{};
        for (std::size_t i = 0; i < spent.size(); ++i) spent[i] = spent_[i].load(std::memory_order_acquire);
        const std::uint64_t last = current_.load(std::memory_order_relaxed);
        spent[last & 3] += nanoseconds_now() - (last >> 2);
        return spent;
    }

private:
    std::atomic<std::uint64_t> current_{0};  // since when << 2 | activity
    std::array<std::atomic<std::uint64_t>, 4> spent_{};
};

// From here to the end of the scope the worker does something else.
class spend {
public:
    spend(time_sheet& sheet, activity during, activity after) : sheet_(sheet), after_(after) { sheet.enter(during); }
    spend(const spend&) = delete;
    spend& operator=(const spend&) = delete;
    ~spend() { sheet_.enter(after_); }

private:
    time_sheet& sheet_;
    activity after_;
};

struct stage_counters {
    tally in, out, failed, retried, filtered;
    std::mutex mutex;
    std::map<std::string, std::uint64_t> own;
};

class run_state;

// A stage of a pipeline, without its types.
class node {
public:
    node(std::string n, stage_options o) : name(std::move(n)), options(o), sheets(o.workers) {}
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    virtual ~node() = default;

    virtual void open(asio::execution_context&) {}  // makes the queue in front of the stage
    virtual void hire(const std::shared_ptr<run_state>&, std::vector<asio::awaitable<void>>&) = 0;
    virtual void close() {}  // drops what is queued
    virtual bool needs_cpu() const { return false; }
    virtual std::pair<std::size_t, std::size_t> queued_and_peak() const { return {0, 0}; }

    const std::string name;
    const stage_options options;
    stage_counters counters;
    std::vector<time_sheet> sheets;  // one a worker
};

// An item of the source, alive as long as something that came of it is on its way.
struct token {
    std::uint64_t item = 0;
    std::uint64_t uses = 0;
    bool admitted = false;
    bool failed = false;
};

// A share in a token. Used from the loop only, so that counting needs no atomics.
class token_ref {
public:
    token_ref(run_state& run, token& t) : run_(&run), token_(&t) { ++t.uses; }
    token_ref(const token_ref& other) : token_ref(*other.run_, *other.token_) {}
    token_ref(token_ref&& other) noexcept : run_(other.run_), token_(std::exchange(other.token_, nullptr)) {}
    token_ref& operator=(token_ref other) noexcept
    {
        std::swap(run_, other.run_);
        std::swap(token_, other.token_);
        return *this;
    }
    ~token_ref();

    token* operator->() const { return token_; }
    token& operator*() const { return *token_; }

private:
    run_state* run_;
    token* token_;
};

// Everything that the coroutines of one run share. On the loop, apart from what says otherwise.
class run_state : public std::enable_shared_from_this<run_state> {
public:
    run_state(std::vector<std::unique_ptr<node>> stages, run_options options)
        : options_(std::move(options)), stages_(std::move(stages))
    {
    }

    // The whole run: starts every worker and returns when the last one has ended.
    static asio::awaitable<report> go(std::shared_ptr<run_state> self);

    // From any thread.
    void drain() { later(&run_state::drain_here); }
    void cancel() { later(&run_state::cancel_here); }
    report snapshot() const;

    bool draining() const { return draining_.load(std::memory_order_relaxed); }
    bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
    const asio::any_io_executor& cpu() const { return options_.cpu; }
    std::stop_token stop_token() const { return stop_.get_token(); }

    void drain_here()
    {
        if (draining_.exchange(true)) return;
        if (feeding_) feeding_->emit(asio::cancellation_type::terminal);
        for (asio::steady_timer* const each : pauses_) each->cancel();
    }

    void cancel_here()
    {
        if (stopping_.exchange(true)) return;
        drain_here();
        stop_.request_stop();
        for (const auto& stage : stages_) stage->close();
        for (asio::cancellation_signal& signal : signals_) signal.emit(asio::cancellation_type::terminal);
    }

    // Ends the run with this error, unless it has one already.
    void fail(std::exception_ptr error)
    {
        if (!error_) error_ = std::move(error);
        cancel_here();
    }

    bool may_admit() const { return in_flight_ < options_.max_in_flight && !draining(); }

    asio::awaitable<void> room_to_admit()
    {
        while (in_flight_ >= options_.max_in_flight && !draining()) co_await admission_->wait();
        if (draining()) throw asio::system_error(asio::error::operation_aborted);
    }

    token_ref take_token()
    {
        if (unused_.empty()) unused_.push_back(&tokens_.emplace_back());
        token& t = *unused_.back();
        unused_.pop_back();
        t = token{};
        ++in_flight_;
        return token_ref(*this, t);
    }

    void admit(token& t)
    {
        t.admitted = true;
        t.item = admitted_;
        ++admitted_;
    }

    void give_back(token& t)
    {
        if (t.admitted && !stopping()) ++(t.failed ? failed_ : finished_);
        --in_flight_;
        unused_.push_back(&t);
        if (admission_) admission_->notify_one();
    }

    // What becomes of the item: the time until its next attempt, or nothing if it was given up.
    std::optional<std::chrono::milliseconds> judge(node& stage, token& origin, unsigned attempt,
                                                   std::exception_ptr error);

    // The time until the next attempt. Once the run drains, nobody waits for it.
    asio::awaitable<void> pause(std::chrono::milliseconds length);

    // Starts a coroutine that is cancelled with the run and that the run waits for.
    void spawn(asio::awaitable<void> task);

private:
    using action = void (run_state::*)();

    verdict ask(const failure& f) const
    {
        if (options_.on_failure) return options_.on_failure(f);
        return verdict::retry();
    }

    void later(action what)
    {
        const std::lock_guard lock(mutex_);
        if (!executor_) {
            if (started_) return;
            draining_ = true;
            if (what == &run_state::cancel_here) stopping_ = true;
            return;
        }
        asio::post(*executor_, [weak = weak_from_this(), what] {
            const auto self = weak.lock();
            if (self && !self->ended_) (self.get()->*what)();
        });
    }

    void started(asio::any_io_executor executor)
    {
        const std::lock_guard lock(mutex_);
        if (started_) throw std::logic_error("reelpipe: a runner runs once");
        started_ = true;
        executor_ = std::move(executor);
        begun_at_ = nanoseconds_now();
    }

    void ended()
    {
        const std::lock_guard lock(mutex_);
        if (!executor_) return;
        executor_.reset();
        ended_ = true;
        wall_ = nanoseconds_now() - begun_at_;
    }

    void start(const asio::any_io_executor& executor);

    const run_options options_;

    mutable std::mutex mutex_;                       // guards the next five
    std::optional<asio::any_io_executor> executor_;  // while the run is on
    bool started_ = false;
    std::atomic<bool> ended_{false};
    std::uint64_t begun_at_ = 0;
    std::uint64_t wall_ = 0;

    std::atomic<bool> draining_{false};
    std::atomic<bool> stopping_{false};
    std::exception_ptr error_;
    std::stop_source stop_;

    tally admitted_, finished_, failed_;
    std::size_t in_flight_ = 0;
    std::deque<token> tokens_;
    std::vector<token*> unused_;
    std::optional<wait_list> admission_;

    std::list<asio::cancellation_signal> signals_;  // one a coroutine
    asio::cancellation_signal* feeding_ = nullptr;  // the source's, which a drain cancels alone
    std::list<asio::steady_timer*> pauses_;         // of items that wait for their next attempt
    std::size_t alive_ = 0;
    std::optional<wait_list> last_one_ended_;

    std::vector<std::unique_ptr<node>> stages_;  // goes first: its queues hold tokens
};

inline token_ref::~token_ref()
{
    if (token_ && --token_->uses == 0) run_->give_back(*token_);
}

inline std::optional<std::chrono::milliseconds> run_state::judge(node& stage, token& origin, unsigned attempt,
                                                                 std::exception_ptr error)
{
    failure f;
    f.stage = stage.name;
    f.item = origin.item;
    f.attempt = attempt;
    f.attempts = stage.options.attempts;
    f.error = error;
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        f.what = e.what();
    } catch (...) {
        f.what = "unknown exception";
    }

    verdict answer = verdict::stop();
    try {
        answer = ask(f);
    } catch (...) {
        error = std::current_exception();  // a judge that fails stops the run
    }
    if (answer.what() == verdict::kind::retry && attempt < f.attempts) {
        ++stage.counters.retried;
        return answer.after().value_or(stage.options.backoff * attempt);
    }
    ++stage.counters.failed;
    origin.failed = true;
    if (answer.what() == verdict::kind::drain) drain_here();
    if (answer.what() == verdict::kind::stop) fail(std::move(error));
    return std::nullopt;
}

inline asio::awaitable<void> run_state::pause(std::chrono::milliseconds length)
{
    if (draining()) co_return;
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop, length);
    const struct listing {
        ~listing() { all.erase(place); }
        std::list<asio::steady_timer*>& all;
        std::list<asio::steady_timer*>::iterator place;
    } until_here{pauses_, pauses_.insert(pauses_.end(), &timer)};
    asio::error_code cut_short;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cut_short));
}

inline void run_state::spawn(asio::awaitable<void> task)
{
    const auto signal = signals_.emplace(signals_.end());
    ++alive_;
    auto ended = [weak = weak_from_this(), signal](std::exception_ptr error) {
        const auto self = weak.lock();
        if (!self) return;
        if (error && !self->stopping()) self->fail(std::move(error));
        if (self->feeding_ == &*signal) self->feeding_ = nullptr;
        self->signals_.erase(signal);
        if (--self->alive_ == 0) self->last_one_ended_->notify_all();
    };
    asio::co_spawn(*executor_, std::move(task), asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
}

inline void run_state::start(const asio::any_io_executor& executor)
{
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    admission_.emplace(context);
    last_one_ended_.emplace(context);

    std::vector<asio::awaitable<void>> crew;  // the source is its first
    for (const auto& stage : stages_) stage->open(context);
    for (const auto& stage : stages_) stage->hire(shared_from_this(), crew);
    for (auto& worker : crew) spawn(std::move(worker));
    feeding_ = &signals_.front();
}

inline asio::awaitable<report> run_state::go(std::shared_ptr<run_state> self)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    self->started(executor);
    const std::unique_ptr<run_state, void (*)(run_state*)> until_here(self.get(), [](run_state* s) { s->ended(); });
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());

    bool aborted = false;
    if (!self->draining()) self->start(executor);
    while (self->alive_ != 0) {
        bool cancelled = false;
        try {
            co_await self->last_one_ended_->wait();
        } catch (const asio::system_error&) {
            cancelled = true;
        }
        if (!cancelled) continue;
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        if ((state.cancelled() & asio::cancellation_type::terminal) != asio::cancellation_type::none) {
            aborted = true;
            self->cancel_here();
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        } else {
            self->drain_here();
            co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        }
    }
    co_await asio::this_coro::reset_cancellation_state();  // the caller may go on awaiting

    self->ended();
    if (self->error_) std::rethrow_exception(self->error_);
    if (aborted) throw asio::system_error(asio::error::operation_aborted);
    co_return self->snapshot();
}

inline report run_state::snapshot() const
{
    constexpr auto seconds = [](std::uint64_t ns) { return static_cast<double>(ns) * 1e-9; };
    report r;
    for (const auto& stage : stages_) {
        stage_stats s;
        s.name = stage->name;
        s.in = stage->counters.in;
        s.out = stage->counters.out;
        s.failed = stage->counters.failed;
        s.retried = stage->counters.retried;
        s.filtered = stage->counters.filtered;
        s.workers = stage->options.workers;
        for (const time_sheet& sheet : stage->sheets) {
            const auto spent = sheet.read();
            s.busy_s += seconds(spent[static_cast<unsigned>(activity::busy)]);
            s.starved_s += seconds(spent[static_cast<unsigned>(activity::starved)]);
            s.blocked_s += seconds(spent[static_cast<unsigned>(activity::blocked)]);
        }
        std::tie(s.queued, s.queued_peak) = stage->queued_and_peak();
        s.queue = stage->options.queue;
        {
            const std::lock_guard lock(stage->counters.mutex);
            s.counters = stage->counters.own;
        }
        r.stages.push_back(std::move(s));
    }
    r.finished = finished_;  // before admitted_, so that the sum never exceeds it
    r.failed = failed_;
    r.admitted = admitted_;
    r.end = stopping() ? ending::cancelled : draining() ? ending::drained : ending::complete;

    const std::lock_guard lock(mutex_);
    if (started_) r.wall_s = seconds(ended_ || !executor_ ? wall_ : nanoseconds_now() - begun_at_);
    return r;
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
