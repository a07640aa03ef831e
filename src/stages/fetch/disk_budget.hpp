#ifndef REELPIPE_STAGES_FETCH_DISK_BUDGET_HPP
#define REELPIPE_STAGES_FETCH_DISK_BUDGET_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "threads/mutex.hpp"

namespace reelpipe::fetch {

class disk_share;

// How much the temporary files of all videos may hold together. Who wants bytes takes room for them first, and waits
// where there is none; older videos come first, and the oldest one never waits, so that it can always finish and give
// its bytes back. What stands above the limit is what that one needs.
class disk_budget : public std::enable_shared_from_this<disk_budget> {
public:
    disk_budget(asio::any_io_executor loop, std::uint64_t limit) : loop_(std::move(loop)), limit_(limit) {}

    // The youngest of all.
    std::shared_ptr<disk_share> begin_video();

    // Bytes on disk, and what room was taken for besides. From any thread.
    std::uint64_t held() const;
    std::uint64_t taken() const;

private:
    friend class disk_room;
    friend class disk_share;
    struct wait;

    void serve();
    void serve_later() REELPIPE_REQUIRES(mutex_);

    asio::any_io_executor loop_;
    std::uint64_t limit_;
    mutable mutex mutex_;  // bytes are given back on any thread
    std::uint64_t held_ REELPIPE_GUARDED_BY(mutex_) = 0;
    std::uint64_t taken_ REELPIPE_GUARDED_BY(mutex_) = 0;
    std::list<disk_share*> shares_ REELPIPE_GUARDED_BY(mutex_);  // the oldest first
    std::size_t waiting_ REELPIPE_GUARDED_BY(mutex_) = 0;
};

// Room for bytes that are not there yet; what is left of it is given back in the end.
class disk_room {
public:
    disk_room() = default;
    disk_room(disk_room&&) noexcept;
    disk_room& operator=(disk_room&&) noexcept;
    ~disk_room();

    void spend(std::uint64_t bytes) noexcept;  // they are held now
    void keep(std::uint64_t bytes) noexcept;   // no more than these will come

private:
    friend class disk_budget;
    friend class disk_share;
    explicit disk_room(std::shared_ptr<disk_budget> budget) : budget_(std::move(budget)) {}

    std::shared_ptr<disk_budget> budget_;
    std::uint64_t bytes_ = 0;
};

// One video's part in the budget, as old as the video. It ends when the last of the video's bytes are gone.
// Threads: room_for(), rest() and resume() on the loop; the others anywhere.
class disk_share {
public:
    explicit disk_share(std::shared_ptr<disk_budget>);
    disk_share(const disk_share&) = delete;
    disk_share& operator=(const disk_share&) = delete;
    ~disk_share();

    // Throws operation_aborted.
    asio::awaitable<disk_room> room_for(std::uint64_t bytes);

    // Between two attempts a video may itself wait behind those that wait for it: meanwhile it is not the oldest.
    void rest();
    void resume();

    void hold(std::uint64_t bytes) noexcept;
    void give_back(std::uint64_t bytes) noexcept;

private:
    friend class disk_budget;
    class turn;

    std::shared_ptr<disk_budget> budget_;
    std::list<disk_share*>::iterator place_;
    std::list<disk_budget::wait> waits_;
    bool rests_ = false;
};

}  // namespace reelpipe::fetch

#endif
