#ifndef REELPIPE_STAGES_FETCH_DISK_BUDGET_HPP
#define REELPIPE_STAGES_FETCH_DISK_BUDGET_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>

namespace reelpipe::fetch {

// How much temporary files may hold together. Nobody who has begun waits for it, so that whoever holds bytes can always
// finish and give them back; what stands above the limit is what those needed who had begun before it was reached.
// Threads: wait_for_room() on the loop; add() and remove() anywhere.
class disk_budget : public std::enable_shared_from_this<disk_budget> {
public:
    disk_budget(asio::any_io_executor loop, std::uint64_t limit) : loop_(std::move(loop)), limit_(limit) {}

    // Returns once less than the limit is held. Throws operation_aborted.
    asio::awaitable<void> wait_for_room();

    void add(std::uint64_t bytes) noexcept { used_ += bytes; }
    void remove(std::uint64_t bytes) noexcept;
    std::uint64_t used() const noexcept { return used_; }

private:
    asio::any_io_executor loop_;
    std::uint64_t limit_;
    std::atomic<std::uint64_t> used_ = 0;
    std::atomic<std::size_t> waiting_ = 0;
    std::list<asio::steady_timer> waits_;  // never expire; cancelling one wakes its owner
};

}  // namespace reelpipe::fetch

#endif
