#ifndef REELPIPE_PIPELINE_OUTLET_HPP
#define REELPIPE_PIPELINE_OUTLET_HPP

#include <asio.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <reelpipe/pipeline/channel.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// An item on its way between two stages.
template <class T> struct envelope {
    envelope(T&& v, in_flight_ref o) : value(std::move(v)), origin(std::move(o)) {}

    T value;
    in_flight_ref origin;
    unsigned attempt = 1;
};

template <class T> struct weighed_part<envelope<T>> {
    using type = T;
};

// A line in which the workers of an ordered stage stand, so that they send in the order in which they took items.
class sequencer {
public:
    sequencer(asio::execution_context& context, std::size_t workers)
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
    outlet(run_state& run, stage_base& stage, time_sheet& sheet, sender<envelope<T>> down, activity outside,
           sequencer* line)
        : run_(run), stage_(stage), sheet_(sheet), down_(std::move(down)), outside_(outside), line_(line)
    {
    }

    // origin: the item that `value` came of; nullptr in a source, whose items begin here.
    bool try_send(T& value, in_flight_item* origin)
    {
        if (line_ && !line_->is_turn_of(place)) return false;
        if (!origin && !run_.may_admit()) return false;
        auto& queue = down_.queue();
        const std::size_t weight = queue.weight_of(value);
        if (!queue.has_room(weight)) return false;
        put(std::move(value), weight, origin ? in_flight_ref(run_, *origin) : run_.begin_item());
        return true;
    }

    asio::awaitable<void> send(T& value, in_flight_item* origin)
    {
        const scoped_activity blocked(sheet_, activity::blocked, outside_);
        if (line_) co_await line_->turn_of(place);
        if (!origin) co_await run_.room_to_admit();
        in_flight_ref share = origin ? in_flight_ref(run_, *origin) : run_.begin_item();
        auto& queue = down_.queue();
        const std::size_t weight = queue.weight_of(value);
        const bool open = co_await queue.room_for(weight);
        if (!open || (!origin && run_.draining())) {
            queue.pass_on();
            throw asio::system_error(asio::error::operation_aborted);
        }
        put(std::move(value), weight, std::move(share));
    }

    std::uint64_t place = 0;  // in the line of an ordered stage

private:
    void put(T&& value, std::size_t weight, in_flight_ref share)
    {
        in_flight_item& origin = *share;
        down_.queue().emplace(weight, std::move(value), std::move(share));
        if (!origin.admitted) run_.admit(origin);
        ++stage_.counters.out;
    }

    run_state& run_;
    stage_base& stage_;
    time_sheet& sheet_;
    sender<envelope<T>> down_;
    activity outside_;
    sequencer* line_;
};

}  // namespace detail

template <class T> class out;

namespace detail {

template <class T> asio::awaitable<void> send_from(out<T>& next, T& item);

}  // namespace detail

// Leads to the next stage. By value; valid during the call that got it.
template <class T> class out {
public:
    out(detail::outlet<T>& outlet, detail::in_flight_item* origin) : outlet_(&outlet), origin_(origin) {}

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
    template <class U> friend asio::awaitable<void> detail::send_from(out<U>& next, U& item);

    detail::outlet<T>* outlet_;
    detail::in_flight_item* origin_;
};

namespace detail {

// As send(), of an item that the caller keeps until it is sent: that spares the moves into an argument.
template <class T> asio::awaitable<void> send_from(out<T>& next, T& item)
{
    return next.outlet_->send(item, next.origin_);
}

}  // namespace detail

// One call of a stage function, which may ask for it as its last parameter. Valid during the call.
class context {
public:
    context(detail::run_state& run, detail::stage_base& stage, std::uint64_t item, unsigned attempt)
        : run_(&run), stage_(&stage), item_(item), attempt_(attempt)
    {
    }

    std::uint64_t item() const { return item_; }  // of the source, counted from 0
    unsigned attempt() const { return attempt_; }
    std::stop_token stop_token() const { return run_->stop_token(); }
    const asio::any_io_executor& cpu() const { return run_->cpu(); }  // run_options::cpu, for offload()

    // Adds to a counter of the stage that is shown in its stage_stats. From any thread.
    void count(const std::string& name, std::uint64_t n = 1)
    {
        const std::lock_guard lock(stage_->counters.mutex);
        stage_->counters.own[name] += n;
    }

private:
    detail::run_state* run_;
    detail::stage_base* stage_;
    std::uint64_t item_;
    unsigned attempt_;
};

}  // namespace v1
}  // namespace reelpipe

#endif
