#ifndef REELPIPE_BENCH_PIPELINE_WORKLOAD_HPP
#define REELPIPE_BENCH_PIPELINE_WORKLOAD_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runner/contest.hpp"
#include "runner/program.hpp"

namespace reelpipe::bench {

// Eight bytes, which every contender passes on without allocating: the number of the item in the low 40 bits, and above
// it what the middle stage made of it.
using item = std::uint64_t;

// Three stages: a source that counts, one of these, a sink that adds up.
enum class middle_stage { nothing, cpu, timer };

constexpr std::chrono::microseconds cpu_work{10};
constexpr std::chrono::milliseconds timer_work{1};

struct workload {
    middle_stage middle = middle_stage::nothing;
    std::uint64_t items = 0;
    std::size_t threads = 1;         // for computing
    std::size_t width = 1;           // items in the middle stage at once
    std::size_t queue = 64;          // items in a queue between two stages
    std::uint64_t sampled = 1;       // the time inside is taken of every so manieth item
    std::uint64_t turns_of_cpu = 0;  // of compute()
    std::uint64_t expected_sum = 0;  // of what reaches the sink

    // For those who bound the whole and not each queue: two queues and what is in hand between them.
    std::size_t in_flight() const { return 2 * queue + width; }
};

// Fills in expected_sum.
workload checked(workload);

// The middle stage's work on an item, apart from waiting.
inline item pass(item i) { return i + (item{1} << 40); }
item compute(item, std::uint64_t turns);

// One turn of one contender: gives it the items, takes them back, and knows how long each was inside.
class turn {
public:
    explicit turn(const workload& w) : load(w), born_(w.items / w.sampled + 1) {}

    // In the source: the item with this number, from 0 to load.items - 1.
    item begin(std::uint64_t number)
    {
        if (number % load.sampled == 0) born_[number / load.sampled] = clock::now();
        return number;
    }

    // In the sink, on one thread at a time.
    void end(item i)
    {
        const std::uint64_t number = i & ((item{1} << 40) - 1);
        ++count_;
        sum_ += i;
        if (number % load.sampled == 0) inside_.push_back(clock::now() - born_.at(number / load.sampled));
    }

    // Throws wrong_result.
    figures measured();

    const workload load;

private:
    using clock = std::chrono::steady_clock;

    const clock::time_point started_ = clock::now();
    const double cpu_before_ = cpu_s_of_process();
    std::vector<clock::time_point> born_;
    std::vector<clock::duration> inside_;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
};

// The contenders. Each runs the three stages over all items of the turn and returns when the last one is through.
void ordinary_loop(turn&);
void reelpipe_runner(turn&);
void reelpipe_map(turn&);  // does nothing in the middle
void asio_awaited(turn&);
void asio_try_first(turn&);
void onetbb(turn&);
void thread_per_stage(turn&);

}  // namespace reelpipe::bench

#endif
