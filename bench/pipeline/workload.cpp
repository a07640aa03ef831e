#include "pipeline/workload.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reelpipe::bench {

item compute(item i, std::uint64_t turns)
{
    std::uint64_t x = i + 0x9e3779b97f4a7c15;
    for (; turns != 0; --turns) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    return i | x >> 40 << 40;
}

workload checked(workload w)
{
    w.expected_sum = 0;
    for (std::uint64_t i = 0; i < w.items; ++i)
        w.expected_sum += w.middle == middle_stage::cpu ? compute(i, w.turns_of_cpu) : pass(i);
    return w;
}

figures turn::measured()
{
    const std::chrono::duration<double> taken = clock::now() - started_;
    const double cpu = cpu_s_of_process() - cpu_before_;
    if (count_ != load.items || sum_ != load.expected_sum)
        throw wrong_result(fmt::format("{} items with the sum {} came out, {} with {} should have", count_, sum_,
                                       load.items, load.expected_sum));
    std::ranges::sort(inside_);
    const auto percentile = [this](double p) {
        const auto at = static_cast<std::size_t>(p * static_cast<double>(inside_.size() - 1));
        return std::chrono::duration<double, std::micro>(inside_[at]).count();
    };
    return {{"items_per_s", static_cast<double>(load.items) / taken.count()},
            {"cpu_ns", cpu / static_cast<double>(load.items) * 1e9},
            {"inside_p50_us", percentile(0.50)},
            {"inside_p99_us", percentile(0.99)}};
}

}  // namespace reelpipe::bench
