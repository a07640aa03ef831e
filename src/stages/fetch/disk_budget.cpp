#include "stages/fetch/disk_budget.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "threads/waiting_list.hpp"

namespace reelpipe::fetch {

struct disk_budget::wait {
    disk_room room;  // empty until it is granted
    std::uint64_t wanted;
    waiter owner;
    bool granted = false;
};

std::shared_ptr<disk_share> disk_budget::begin_video() { return std::make_shared<disk_share>(shared_from_this()); }

std::uint64_t disk_budget::held() const
{
    const mutex_lock lock(mutex_);
    return held_;
}

std::uint64_t disk_budget::taken() const
{
    const mutex_lock lock(mutex_);
    return taken_;
}

// Grants what can be granted, in the order of age; the first that has to wait holds up those behind it, or a large
// request would never come.
void disk_budget::serve()
{
    const mutex_lock lock(mutex_);
    const auto oldest = std::ranges::find_if_not(shares_, &disk_share::rests_);
    for (auto share = oldest; share != shares_.end(); ++share)
        for (wait& each : (*share)->waits_) {
            if (each.granted) continue;
            if (share != oldest && held_ + taken_ + each.wanted > limit_) return;
            taken_ += each.wanted;
            each.room.bytes_ = each.wanted;
            each.granted = true;
            each.owner.wake();
        }
}

void disk_budget::serve_later()
{
    if (waiting_ == 0) return;
    asio::post(loop_, [budget = weak_from_this()] {
        if (const auto self = budget.lock()) self->serve();
    });
}

disk_room::disk_room(disk_room&& other) noexcept
    : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0))
{
}

disk_room& disk_room::operator=(disk_room&& other) noexcept
{
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

disk_room::~disk_room() { keep(0); }

void disk_room::spend(std::uint64_t bytes) noexcept
{
    if (!budget_) return;
    const mutex_lock lock(budget_->mutex_);
    bytes = std::min(bytes, bytes_);
    bytes_ -= bytes;
    budget_->taken_ -= bytes;
}

void disk_room::keep(std::uint64_t bytes) noexcept
{
    if (bytes >= bytes_) return;
    const mutex_lock lock(budget_->mutex_);
    budget_->taken_ -= bytes_ - bytes;
    bytes_ = bytes;
    budget_->serve_later();
}

// A place in the queue of a share.
class disk_share::turn {
public:
    turn(disk_share& of, std::uint64_t bytes) : share_(of)
    {
        const mutex_lock lock(share_.budget_->mutex_);
        at_ = share_.waits_.insert(
            share_.waits_.end(),
            {.room = disk_room(share_.budget_), .wanted = bytes, .owner = waiter(share_.budget_->loop_)});
        ++share_.budget_->waiting_;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn()
    {
        std::list<disk_budget::wait> mine;  // gives its room back with the lock released
        const mutex_lock lock(share_.budget_->mutex_);
        mine.splice(mine.end(), share_.waits_, at_);
        --share_.budget_->waiting_;
        share_.budget_->serve_later();
    }
    disk_budget::wait& operator*() const { return *at_; }

private:
    disk_share& share_;
    std::list<disk_budget::wait>::iterator at_;
};

disk_share::disk_share(std::shared_ptr<disk_budget> budget) : budget_(std::move(budget))
{
    const mutex_lock lock(budget_->mutex_);
    place_ = budget_->shares_.insert(budget_->shares_.end(), this);
}

disk_share::~disk_share()
{
    const mutex_lock lock(budget_->mutex_);
    budget_->shares_.erase(place_);
    budget_->serve_later();
}

asio::awaitable<disk_room> disk_share::room_for(std::uint64_t bytes)
{
    const turn mine(*this, bytes);
    disk_budget::wait& wait = *mine;
    budget_->serve();
    while (!wait.granted) co_await wait.owner.wait();
    co_return std::move(wait.room);
}

void disk_share::rest()
{
    const mutex_lock lock(budget_->mutex_);
    rests_ = true;
    budget_->serve_later();
}

void disk_share::resume()
{
    const mutex_lock lock(budget_->mutex_);
    rests_ = false;
}

void disk_share::hold(std::uint64_t bytes) noexcept
{
    const mutex_lock lock(budget_->mutex_);
    budget_->held_ += bytes;
}

void disk_share::give_back(std::uint64_t bytes) noexcept
{
    const mutex_lock lock(budget_->mutex_);
    budget_->held_ -= bytes;
    budget_->serve_later();
}

}  // namespace reelpipe::fetch
