#include "stages/fetch/disk_budget.hpp"

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <system_error>

namespace reelpipe::fetch {

asio::awaitable<void> disk_budget::wait_for_room()
{
    struct turn {
        explicit turn(disk_budget& of)
            : budget(of), at(of.waits_.emplace(of.waits_.end(), of.loop_, asio::steady_timer::time_point::max()))
        {
            ++budget.waiting_;
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn()
        {
            --budget.waiting_;
            budget.waits_.erase(at);
        }
        disk_budget& budget;
        std::list<asio::steady_timer>::iterator at;
    };

    // Counted as waiting before it looks: a remove() in between would go unnoticed.
    turn mine(*this);
    while (used_ >= limit_) {
        asio::error_code woken;
        co_await mine.at->async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw std::system_error(asio::error::operation_aborted);
    }
}

void disk_budget::remove(std::uint64_t bytes) noexcept
{
    used_ -= bytes;
    if (waiting_ == 0 || used_ >= limit_) return;
    asio::post(loop_, [budget = weak_from_this()] {
        const auto self = budget.lock();
        if (!self) return;
        for (asio::steady_timer& each : self->waits_) each.cancel();
    });
}

}  // namespace reelpipe::fetch
