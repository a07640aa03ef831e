#include "isolation/memory_turns.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace reelpipe {

namespace {

constexpr std::chrono::seconds between_looks{1};  // other programs give memory back without telling anybody

}  // namespace

memory_turns::memory_turns(std::function<std::uint64_t()> available) : available_(std::move(available)) {}

bool memory_turns::may_begin(bool alone)
{
    if (at_work_ == 0) return true;
    if (alone || one_is_alone_ || waiting_alone_ > 0) return false;
    return available_() >= room_for_one_;
}

void memory_turns::has_taken(std::uint64_t bytes)
{
    const std::lock_guard guard(mutex_);
    room_for_one_ = std::max(room_for_one_, bytes);
}

memory_turns::turn::turn(memory_turns& of, bool alone, const std::stop_token& stop) : of_(of), alone_(alone)
{
    std::unique_lock lock(of_.mutex_);
    of_.waiting_alone_ += alone_;
    while (!of_.ended_.wait_for(lock, stop, between_looks, [this] { return of_.may_begin(alone_); }))
        if (stop.stop_requested()) break;
    of_.waiting_alone_ -= alone_;
    if (stop.stop_requested()) {
        of_.ended_.notify_all();
        throw std::system_error(std::make_error_code(std::errc::operation_canceled), "work on a clip");
    }
    ++of_.at_work_;
    of_.one_is_alone_ = of_.one_is_alone_ || alone_;
}

memory_turns::turn::~turn()
{
    const std::lock_guard guard(of_.mutex_);
    --of_.at_work_;
    if (alone_) of_.one_is_alone_ = false;
    of_.ended_.notify_all();
}

}  // namespace reelpipe
