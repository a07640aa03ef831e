#ifndef REELPIPE_PIPELINE_WAIT_LIST_HPP
#define REELPIPE_PIPELINE_WAIT_LIST_HPP

#include <asio.hpp>
#include <mutex>
#include <set>
#include <type_traits>
#include <utility>

namespace reelpipe {
inline namespace v1 {
namespace detail {

class wait_list;

// A suspended coroutine is owned by what it waits for. A coroutine that waits on a queue of which it holds an end
// would own itself, so the lists are known to their execution context, which frees what still waits when it goes.
class wait_registry : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id;

    explicit wait_registry(asio::execution_context& owner) : asio::execution_context::service(owner) {}

    void add(wait_list& list)
    {
        const std::lock_guard lock(mutex_);
        lists_.insert(&list);
    }

    void remove(wait_list& list)
    {
        const std::lock_guard lock(mutex_);
        lists_.erase(&list);
    }

private:
    void shutdown() override;

    wait_list* pop()
    {
        const std::lock_guard lock(mutex_);
        return lists_.empty() ? nullptr : lists_.extract(lists_.begin()).value();
    }

    std::mutex mutex_;
    std::set<wait_list*> lists_;
};

// Coroutines that wait for something to change, first come, first served. Used from one executor only.
//
// To be woken means "look again", not "it is yours": what is waited for stays where it is until somebody runs and
// takes it. So a wait that is cancelled together with its wake-up loses nothing, it passes the wake-up on.
class wait_list {
public:
    enum class position { back, front };

    explicit wait_list(asio::execution_context& context) : registry_(&asio::use_service<wait_registry>(context))
    {
        registry_->add(*this);
    }
    wait_list(const wait_list&) = delete;
    wait_list& operator=(const wait_list&) = delete;
    ~wait_list()
    {
        if (registry_) registry_->remove(*this);
        destroy_all();
    }

    bool empty() const { return !first_; }

    void notify_one()
    {
        if (first_) unlink(*first_).resume(true);
    }

    void notify_all()
    {
        while (first_) notify_one();
    }

    // Returns after a notification; throws operation_aborted once the coroutine is cancelled.
    asio::awaitable<void> wait(position where = position::back);

    // The context goes: nobody will be resumed any more.
    void abandon()
    {
        registry_ = nullptr;
        destroy_all();
    }

private:
    struct waiter {
        waiter* previous = nullptr;
        waiter* next = nullptr;

        virtual void resume(bool notified) = 0;  // both free the waiter
        virtual void destroy() = 0;

    protected:
        ~waiter() = default;
    };

    template <class Handler> struct suspended;
    struct suspend;

    void link(waiter& w, position where)
    {
        if (where == position::back) {
            w.previous = std::exchange(last_, &w);
            (w.previous ? w.previous->next : first_) = &w;
        } else {
            w.next = std::exchange(first_, &w);
            (w.next ? w.next->previous : last_) = &w;
        }
    }

    waiter& unlink(waiter& w)
    {
        (w.previous ? w.previous->next : first_) = w.next;
        (w.next ? w.next->previous : last_) = w.previous;
        return w;
    }

    // A waiter that is destroyed may own this list, so no member is looked at once the first one goes.
    void destroy_all()
    {
        waiter* w = std::exchange(first_, nullptr);
        last_ = nullptr;
        while (w) std::exchange(w, w->next)->destroy();
    }

    wait_registry* registry_;
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
};

inline void wait_registry::shutdown()
{
    while (wait_list* list = pop()) list->abandon();
}

template <class Handler> struct wait_list::suspended final : wait_list::waiter {
    explicit suspended(Handler h)
        : handler(std::move(h)),
          executor(asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked))
    {
    }

    void resume(bool notified) override
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) slot.clear();
        auto on = std::move(executor);
        auto resumption = [h = std::move(handler), notified]() mutable { std::move(h)(notified); };
        delete this;
        asio::post(on, std::move(resumption));
    }

    void destroy() override { delete this; }

    Handler handler;
    std::decay_t<decltype(asio::prefer(asio::get_associated_executor(std::declval<Handler&>()),
                                       asio::execution::outstanding_work.tracked))>
        executor;  // keeps the loop running
};

struct wait_list::suspend {
    template <class Handler> void operator()(Handler&& handler, wait_list* list, position where) const
    {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto* w = new suspended<std::decay_t<Handler>>(std::forward<Handler>(handler));
        if (slot.is_connected())
            slot.assign([list, w](asio::cancellation_type type) {
                if (type != asio::cancellation_type::none) list->unlink(*w).resume(false);
            });
        list->link(*w, where);
    }
};

inline asio::awaitable<void> wait_list::wait(position where)
{
    const bool notified = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(
        suspend{}, asio::use_awaitable, this, where);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (notified && state.cancelled() == asio::cancellation_type::none) co_return;
    notify_one();
    throw asio::system_error(asio::error::operation_aborted);
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
