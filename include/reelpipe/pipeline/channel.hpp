#ifndef REELPIPE_PIPELINE_CHANNEL_HPP
#define REELPIPE_PIPELINE_CHANNEL_HPP

#include <asio.hpp>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <reelpipe/pipeline/wait_list.hpp>
#include <stdexcept>
#include <utility>

namespace reelpipe {
inline namespace v1 {

// What an item counts against a limit on weight, bytes as a rule; 1 unless there is an overload beside its type. Of a
// type of the standard library, such as std::string, none of yours is found: put it into a struct.
template <class T> std::size_t weight_of(const T&) { return 1; }

// How much a channel holds before its senders wait. An item that is heavier than `weight` passes alone.
struct capacity {
    std::size_t items = 16;
    std::size_t weight = 0;  // of all items together; 0: no limit
};

namespace detail {

// The queue between senders and receivers, used from one executor; only its size may be read from elsewhere.
template <class T> class channel_queue {
public:
    channel_queue(asio::execution_context& context, capacity limit)
        : limit_(limit), readable_(context), writable_(context)
    {
        if (limit.items == 0) throw std::invalid_argument("reelpipe: a queue needs room for at least one item");
    }

    // Room for a newcomer, who does not overtake those that wait already.
    bool has_room(std::size_t weight) const { return fits(weight) && writable_.empty() && receivers_ != 0; }

    // Waits until has_room(); false: nobody will receive. The caller puts before it awaits anything else.
    asio::awaitable<bool> room_for(std::size_t weight)
    {
        auto place = wait_list::place::back;
        if (writable_.empty() && fits(weight)) co_return receivers_ != 0;
        do {
            if (receivers_ == 0) co_return false;
            co_await writable_.wait(place);
            place = wait_list::place::front;
        } while (!fits(weight));
        co_return receivers_ != 0;
    }

    void put(T&& item, std::size_t weight)
    {
        entries_.push_back(entry(std::move(item), weight));
        weight_ += weight;
        note_size();
        readable_.notify_one();
        wake_sender();
    }

    bool empty() const { return entries_.empty(); }

    T take()
    {
        entry first = std::move(entries_.front());
        entries_.pop_front();
        weight_ -= first.weight;
        note_size();
        wake_sender();
        return std::move(first.item);
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
        std::deque<entry> dropped;
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
        entry(T&& i, std::size_t w) : item(std::move(i)), weight(w) {}
        T item;
        std::size_t weight;
    };

    bool fits(std::size_t weight) const
    {
        return entries_.size() < limit_.items &&
               (limit_.weight == 0 || entries_.empty() || weight_ + weight <= limit_.weight);
    }

    void wake_sender()
    {
        if (!writable_.empty() && fits(0)) writable_.notify_one();
    }

    void note_size()
    {
        const std::size_t size = entries_.size();
        size_.store(size, std::memory_order_relaxed);
        if (size > peak()) peak_.store(size, std::memory_order_relaxed);
    }

    const capacity limit_;
    std::deque<entry> entries_;
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
        const std::size_t weight = weight_of(item);
        if (!queue_->has_room(weight)) return false;
        queue_->put(std::move(item), weight);
        return true;
    }

    // Waits for room. False: every receiver is gone, and the item is where it was. A cancelled send() throws
    // operation_aborted and has not sent. `item` is a named object: it stays in place until there is room.
    asio::awaitable<bool> send(T&& item)
    {
        const std::size_t weight = weight_of(item);
        bool open = queue_->has_room(weight);
        if (!open) open = co_await queue_->room_for(weight);
        if (open) queue_->put(std::move(item), weight);
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

// A bounded queue between coroutines on `executor`.
template <class T>
std::pair<sender<T>, receiver<T>> make_channel(const asio::any_io_executor& executor, capacity limit = {})
{
    auto queue = std::make_shared<detail::channel_queue<T>>(asio::query(executor, asio::execution::context), limit);
    return {sender<T>(queue), receiver<T>(queue)};
}

}  // namespace v1
}  // namespace reelpipe

#endif
