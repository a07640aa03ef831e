#ifndef REELPIPE_PIPELINE_RUN_COUNTS_HPP
#define REELPIPE_PIPELINE_RUN_COUNTS_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace reelpipe {

// Counts of the work that is going on in a run; the outcomes are in its accounts. Threads: any.
struct run_counts {
    std::atomic<std::size_t> cutting{0};
    std::atomic<std::uint64_t> fetched{0};  // bytes
    std::atomic<int> held_up_by{-1};        // a reason; negative: none
};

inline double seconds_since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace reelpipe

#endif
