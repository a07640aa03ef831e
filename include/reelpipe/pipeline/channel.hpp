#ifndef REELPIPE_PIPELINE_CHANNEL_HPP
#define REELPIPE_PIPELINE_CHANNEL_HPP

#include <asio.hpp>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <reelpipe/pipeline/block_queue.hpp>
#include <reelpipe/pipeline/executor.hpp>
#include <reelpipe/pipeline/wait_list.hpp>
#include <reelpipe/pipeline/weight.hpp>
#include <stdexcept>
#include <utility>

namespace reelpipe {
inline namespace v1 {

// How much a channel holds before its senders wait. An item that is heavier than `weight` passes alone.
struct capacity {
    std::size_t items = 16;
    std::size_t weight = 0;  // of all items together; 0: no limit, and nothing is weighed
};

namespace detail {

// The type of the part of an entry that is weighed: the entry itself, or what is in an envelope.
template <class T> struct weighed_part {
    using type = T;
};

// The queue between senders and receivers, used from one executor; only its size may be read from elsewhere.
//
// Whoever is woken for room or for an item and leaves without having used it wakes the next one, for whatever reason
// it leaves: a wake-up that is lost is a run that never ends.
template <class T> class channel_queue {
public:
    using weighed = typename weighed_part<T>::type;

    channel_queue(asio::execution_context& context, capacity limit, weigher<weighed> weigh)
        : limit_(limit), weigh_(std::move(weigh)), readable_(context), writable_(context)
    {
        if (limit.items == 0) throw std::invalid_argument("reelpipe: a queue needs room for at least one item");
        if (limit.weight != 0 && !weigh_)
            throw std::invalid_argument("reelpipe: a limit on weight needs a weight_of() beside the item's type");
    }

    std::size_t weight_of(const weighed& item) const { return limit_.weight == 0 ? 0 : weigh_(item); }

    // Room for a newcomer, who does not overtake those that wait already.
    bool has_room(std::size_t weight) const { return fits(weight) && writable_.empty() && receivers_ != 0; }

    // Waits until has_room(); false: nobody will receive. The caller calls emplace() or pass_on() before it awaits
    // anything else.
    asio::awaitable<bool> room_for(std::size_t weight)
    {
        auto where = wait_list::position::back;
        if (writable_.empty() && fits(weight)) co_return receivers_ != 0;
        do {
            if (receivers_ == 0) co_return false;
            co_await writable_.wait(where);
            where = wait_list::position::front;
        } while (!fits(weight));
        co_return receivers_ != 0;
    }

    template <class... A> void emplace(std::size_t weight, A&&... item)
    {
        try {
            entries_.emplace_back(weight, std::forward<A>(item)...);
        } catch (...) {
            pass_on();
            throw;
        }
        weight_ += weight;
        note_size();
        readable_.notify_one();
        pass_on();
    }

    // The room that there is belongs to the next sender.
    void pass_on()
    {
        if (!writable_.empty() && fits(0)) writable_.notify_one();
    }

    bool empty() const { return entries_.empty(); }

    // An item whose move throws stays where it is.
    T take()
    {
        try {
            T item(std::move(entries_.front().item));
            weight_ -= entries_.front().weight;
            entries_.pop_front();
            note_size();
            pass_on();
            return item;
        } catch (...) {
            readable_.notify_one();
            throw;
        }
    }

    // Waits until an item is there (true) or nobody is left who could send one (false).
    asio::awaitable<bool> item_ready()
    {
        while (entries_.empty() && senders_ != 0) co_await readable_.wait();
        co_return !entries_.empty();
    }

    // Destroys what is queued and tells everybody that nothing will be received any more.
    void close()
    {
        block_queue<entry> dropped;
        dropped.swap(entries_);
        weight_ = 0;
        receivers_ = 0;
        note_size();
        writable_.notify_all();
    }

    void add_sender() { ++senders_; }
    void remove_sender()
    {
        if (--senders_ == 0) readable_.notify_all();
    }
    void add_receiver() { ++receivers_; }
    void remove_receiver()
    {
        if (receivers_ != 0 && --receivers_ == 0) close();
    }

    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }

private:
    struct entry {
        template <class... A> explicit entry(std::size_t w, A&&... i) : item(std::forward<A>(i)...), weight(w) {}
        T item;
        std::size_t weight;
    };

    bool fits(std::size_t weight) const
    {
        if (entries_.size() >= limit_.items) return false;
        if (limit_.weight == 0 || entries_.empty()) return true;
        return weight_ <= limit_.weight && weight <= limit_.weight - weight_;
    }

    void note_size()
    {
        const std::size_t size = entries_.size();
        size_.store(size, std::memory_order_relaxed);
        if (size > peak()) peak_.store(size, std::memory_order_relaxed);
    }

    const capacity limit_;
    const weigher<weighed> weigh_;
    block_queue<entry> entries_;
    std::size_t weight_ = 0;
    std::size_t senders_ = 0;
    std::size_t receivers_ = 0;
    wait_list readable_;
    wait_list writable_;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::size_t> peak_{0};
};

}  // namespace detail

// The writing end of a channel. Copies are further producers of the same queue; when the last one goes, receivers
// get what is still queued and then the end. Nobody has to call close.
//
// Threads: all ends of a channel belong to one executor. An end outlives the calls that are suspended in it.
template <class T> class sender {
public:
    sender() = default;
    explicit sender(std::shared_ptr<detail::channel_queue<T>> queue) : queue_(std::move(queue))
    {
        if (queue_) queue_->add_sender();
    }
    sender(const sender& other) : sender(other.queue_) {}
    sender(sender&& other) noexcept : queue_(std::move(other.queue_)) {}
    sender& operator=(sender other) noexcept
    {
        std::swap(queue_, other.queue_);
        return *this;
    }
    ~sender()
    {
        if (queue_) queue_->remove_sender();
    }

    detail::channel_queue<T>& queue() const { return *queue_; }  // for the stages of a pipeline

    // Moves `item` into the queue if there is room now, and leaves it alone otherwise.
    bool try_send(T& item)
    {
        const std::size_t weight = queue_->weight_of(item);
        if (!queue_->has_room(weight)) return false;
        queue_->emplace(weight, std::move(item));
        return true;
    }

    // Waits for room. False: every receiver is gone, and the item is where it was. A cancelled send() throws
    // operation_aborted and has not sent. `item` is a named object: it stays in place until there is room.
    asio::awaitable<bool> send(T&& item)
    {
        const std::size_t weight = queue_->weight_of(item);
        bool open = queue_->has_room(weight);
        if (!open) open = co_await queue_->room_for(weight);
        if (open) queue_->emplace(weight, std::move(item));
        co_return open;
    }

private:
    std::shared_ptr<detail::channel_queue<T>> queue_;
};

// The reading end of a channel: items come out in the order in which they went in.
//
// receive() waits for an item and gives nullopt once every sender is gone and the queue is empty; nothing that was
// sent is lost. A cancelled receive() throws operation_aborted and leaves the item for the next one, so it may stand
// in `in.receive() || timer`. When the last receiver goes, what is still queued is destroyed and waiting senders are
// told so. Copies are further consumers of the same queue.
//
// Threads: all ends of a channel belong to one executor. An end outlives the calls that are suspended in it.
//
//     while (auto item = co_await in.receive())
//         use(std::move(*item));
template <class T> class receiver {
public:
    receiver() = default;
    explicit receiver(std::shared_ptr<detail::channel_queue<T>> queue) : queue_(std::move(queue))
    {
        if (queue_) queue_->add_receiver();
    }
    receiver(const receiver& other) : receiver(other.queue_) {}
    receiver(receiver&& other) noexcept : queue_(std::move(other.queue_)) {}
    receiver& operator=(receiver other) noexcept
    {
        std::swap(queue_, other.queue_);
        return *this;
    }
    ~receiver()
    {
        if (queue_) queue_->remove_receiver();
    }

    std::optional<T> try_receive()
    {
        if (queue_->empty()) return std::nullopt;
        return queue_->take();
    }

    asio::awaitable<std::optional<T>> receive()
    {
        bool ready = !queue_->empty();
        if (!ready) ready = co_await queue_->item_ready();
        if (!ready) co_return std::nullopt;
        co_return queue_->take();
    }

private:
    std::shared_ptr<detail::channel_queue<T>> queue_;
};

// A bounded queue between coroutines on `executor`. A limit on weight needs a weight_of(const T&) beside T, unless T is
// a range of bytes or `weigh` says what an item weighs.
template <class T>
std::pair<sender<T>, receiver<T>> make_channel(const asio::any_io_executor& executor, capacity limit = {},
                                               std::function<std::size_t(const T&)> weigh = detail::usual_weigher<T>())
{
    if (detail::is_pool(executor))
        throw std::invalid_argument("reelpipe: the ends of a channel run one at a time: give it a strand of the pool");
    auto queue = std::make_shared<detail::channel_queue<T>>(asio::query(executor, asio::execution::context), limit,
                                                            std::move(weigh));
    return {sender<T>(queue), receiver<T>(queue)};
}

}  // namespace v1
}  // namespace reelpipe

#endif
