#ifndef REELPIPE_BATCH_COMMIT_QUEUE_HPP
#define REELPIPE_BATCH_COMMIT_QUEUE_HPP

#include <asio/thread_pool.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "batch/attempt.hpp"
#include "batch/shard_work.hpp"
#include "threads/mutex.hpp"

namespace reelpipe {

// Commits shards one after another, on a thread of its own: it waits for the disk. Threads: add() from one, the rest
// from anywhere. What it is given outlives it.
class commit_queue {
public:
    commit_queue(const plan_folder& place, const batch_plan& plan, const attempt& mine, std::string trim_format)
        : place_(place), plan_(plan), attempt_(mine), trim_format_(std::move(trim_format))
    {
    }

    void add(std::uint32_t shard, std::vector<shard_clip> clips);

    // A function that is called here is called when all that was added before is done.
    auto executor() { return thread_.get_executor(); }

    struct result {
        std::uint64_t placed = 0, lost = 0;                   // shards
        std::uint64_t stored = 0, failed = 0, transient = 0;  // clips of the placed ones
        std::vector<std::string> complaints{};                // about shards that could not be committed
    };
    result so_far() const;

private:
    void commit_now(std::uint32_t shard, std::vector<shard_clip> clips);

    const plan_folder& place_;
    const batch_plan& plan_;
    const attempt& attempt_;
    const std::string trim_format_;
    mutable mutex mutex_;
    result result_ REELPIPE_GUARDED_BY(mutex_){};
    asio::thread_pool thread_{1};  // ends before what it uses
};

}  // namespace reelpipe

#endif
