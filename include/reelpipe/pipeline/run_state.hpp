#ifndef REELPIPE_PIPELINE_RUN_STATE_HPP
#define REELPIPE_PIPELINE_RUN_STATE_HPP

#include <algorithm>
#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <reelpipe/pipeline/counters.hpp>
#include <reelpipe/pipeline/executor.hpp>
#include <reelpipe/pipeline/options.hpp>
#include <reelpipe/pipeline/report.hpp>
#include <reelpipe/pipeline/stage_base.hpp>
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

// Everything that the coroutines of one run share. On the loop, apart from what says otherwise.
class run_state : public std::enable_shared_from_this<run_state> {
public:
    run_state(std::vector<std::unique_ptr<stage_base>> stages, run_options options)
        : options_(std::move(options)), max_in_flight_(in_flight_limit(options_, stages)), stages_(std::move(stages))
    {
    }

    // The whole run: starts every worker and returns when the last one has ended. On the loop; not cancellable.
    static asio::awaitable<report> execute(std::shared_ptr<run_state> self);

    // The same for a coroutine that may be cancelled and may be on an executor of several threads.
    static asio::awaitable<report> execute_for_caller(std::shared_ptr<run_state> self);

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
        if (feeding_) emit(*feeding_);
        if (admission_) admission_->notify_all();
        for (asio::steady_timer* const each : pauses_) each->cancel();
    }

    void cancel_here()
    {
        if (stopping_.exchange(true)) return;
        drain_here();
        stop_.request_stop();
        for (const auto& stage : stages_) stage->close();
        const emission until_here(*this);
        for (task& each : tasks_)
            if (!each.ended) each.signal.emit(asio::cancellation_type::terminal);
    }

    // Ends the run with this error, unless it has one already.
    void fail(std::exception_ptr error)
    {
        if (!error_) error_ = std::move(error);
        cancel_here();
    }

    bool may_admit() const { return in_flight_ < max_in_flight_ && !draining(); }

    asio::awaitable<void> room_to_admit()
    {
        if (!may_admit()) {
            const scoped_activity held_back(admission_sheet_, activity::blocked, activity::none);
            while (in_flight_ >= max_in_flight_ && !draining()) co_await admission_->wait();
        }
        if (draining()) throw asio::system_error(asio::error::operation_aborted);
    }

    in_flight_ref begin_item()
    {
        if (unused_.empty()) unused_.push_back(&in_flight_items_.emplace_back());
        in_flight_item& item = *unused_.back();
        unused_.pop_back();
        item = in_flight_item{};
        ++in_flight_;
        return in_flight_ref(*this, item);
    }

    void admit(in_flight_item& item)
    {
        item.admitted = true;
        item.item = admitted_;
        ++admitted_;
    }

    void end_item(in_flight_item& item)
    {
        if (item.admitted && item.failed) ++failed_;
        if (item.admitted && !item.failed && !stopping()) ++finished_;
        --in_flight_;
        unused_.push_back(&item);
        if (admission_) admission_->notify_one();
    }

    // Decides what becomes of the item. Returns the time until its next attempt, or nothing if it was given up.
    std::optional<std::chrono::milliseconds> judge(stage_base& stage, in_flight_item& origin, unsigned attempt,
                                                   std::exception_ptr error, bool may_be_repeated);

    // The time until the next attempt. Once the run drains, nobody waits for it.
    asio::awaitable<void> pause(std::chrono::milliseconds length);

    // Starts a coroutine that is cancelled with the run and that the run waits for.
    void spawn(asio::awaitable<void> work);

private:
    using action = void (run_state::*)();

    // A coroutine of the run.
    struct task {
        asio::cancellation_signal signal;
        bool ended = false;
    };

    // While signals are emitted no task leaves the list: an operation may complete inside of its cancellation, and with
    // it end its task or any other.
    class emission {
    public:
        explicit emission(run_state& run) : run_(run) { ++run.emissions_; }
        emission(const emission&) = delete;
        emission& operator=(const emission&) = delete;
        ~emission()
        {
            if (--run_.emissions_ == 0) run_.tasks_.remove_if([](const task& each) { return each.ended; });
        }

    private:
        run_state& run_;
    };

    struct start_run;

    static std::size_t in_flight_limit(const run_options& options,
                                       const std::vector<std::unique_ptr<stage_base>>& stages);

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

    void emit(task& one)
    {
        const emission until_here(*this);
        one.signal.emit(asio::cancellation_type::terminal);
    }

    // Asio cancels the coroutine that awaits the run.
    void cancelled_by_caller(asio::cancellation_type how)
    {
        if (ended_) return;
        if ((how & asio::cancellation_type::terminal) == asio::cancellation_type::none) return drain_here();
        aborted_ = true;
        cancel_here();
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
    static asio::awaitable<void> watch_pool(std::shared_ptr<run_state> self);

    const run_options options_;
    const std::size_t max_in_flight_;

    mutable std::mutex mutex_;                       // guards executor_, started_, begun_at_, wall_, writing of ended_
    std::optional<asio::any_io_executor> executor_;  // while the run is on
    bool started_ = false;
    std::atomic<bool> ended_{false};
    std::uint64_t begun_at_ = 0;
    std::uint64_t wall_ = 0;

    std::atomic<bool> draining_{false};
    std::atomic<bool> stopping_{false};
    bool aborted_ = false;  // by who awaits the run
    std::exception_ptr error_;
    std::stop_source stop_;

    relaxed_counter admitted_, finished_, failed_;
    std::size_t in_flight_ = 0;
    std::deque<in_flight_item> in_flight_items_;
    std::vector<in_flight_item*> unused_;  // of those
    std::optional<wait_list> admission_;
    time_sheet admission_sheet_;  // blocked while only max_in_flight holds the source back

    std::list<task> tasks_;
    std::size_t emissions_ = 0;              // under way, of cancellation signals
    task* feeding_ = nullptr;                // the source's, which a drain cancels alone
    asio::steady_timer* watch_ = nullptr;    // of watch_pool()
    std::list<asio::steady_timer*> pauses_;  // of items that wait for their next attempt
    std::size_t alive_ = 0;
    std::optional<wait_list> last_one_ended_;

    std::vector<std::unique_ptr<stage_base>> stages_;  // goes first: its queues hold items in flight
};

inline in_flight_ref::~in_flight_ref()
{
    if (item_ && --item_->uses == 0) run_->end_item(*item_);
}

// As many as workers and queues hold, at least 64.
inline std::size_t run_state::in_flight_limit(const run_options& options,
                                              const std::vector<std::unique_ptr<stage_base>>& stages)
{
    if (options.max_in_flight != 0) return options.max_in_flight;
    std::size_t sum = 0;
    for (const auto& stage : stages)
        for (const std::size_t more : {stage->options.workers, stage->options.queue})
            sum += std::min(more, std::numeric_limits<std::size_t>::max() - sum);
    return std::max<std::size_t>(sum, 64);
}

inline std::optional<std::chrono::milliseconds> run_state::judge(stage_base& stage, in_flight_item& origin,
                                                                 unsigned attempt, std::exception_ptr error,
                                                                 bool may_be_repeated)
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
    if (answer.what() == verdict::kind::retry && may_be_repeated && attempt < f.attempts) {
        ++stage.counters.retried;
        return answer.after().value_or(stage.backoff_after(attempt));
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
    asio::steady_timer timer(loop, std::min(length, max_pause));
    const struct listing {
        ~listing() { all.erase(place); }
        std::list<asio::steady_timer*>& all;
        std::list<asio::steady_timer*>::iterator place;
    } until_here{pauses_, pauses_.insert(pauses_.end(), &timer)};
    asio::error_code cut_short;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cut_short));
}

inline void run_state::spawn(asio::awaitable<void> work)
{
    const auto one = tasks_.emplace(tasks_.end());
    ++alive_;
    auto ended = [weak = weak_from_this(), one](std::exception_ptr error) {
        const auto self = weak.lock();
        if (!self) return;
        if (error && !self->stopping()) self->fail(std::move(error));
        if (self->feeding_ == &*one) self->feeding_ = nullptr;
        one->ended = true;
        if (self->emissions_ == 0) self->tasks_.erase(one);
        if (--self->alive_ == 0) self->last_one_ended_->notify_all();
        if (self->alive_ == 1 && self->watch_) self->watch_->cancel();
    };
    asio::co_spawn(*executor_, std::move(work), asio::bind_cancellation_slot(one->signal.slot(), std::move(ended)));
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

    r.max_in_flight = max_in_flight_;
    r.held_back_s = seconds(admission_sheet_.read()[static_cast<unsigned>(activity::blocked)]);

    const std::lock_guard lock(mutex_);
    if (started_) r.wall_s = seconds(ended_ || !executor_ ? wall_ : nanoseconds_now() - begun_at_);
    return r;
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
