#ifndef REELPIPE_LEDGER_WORK_LEFT_HPP
#define REELPIPE_LEDGER_WORK_LEFT_HPP

#include <cstdint>
#include <set>
#include <string>

#include "ledger/work_list.hpp"
#include "reelpipe/outcome.hpp"

namespace reelpipe {

// The work left in a list, by what the ledger knows.
struct work_left {
    std::uint64_t stored = 0, failed = 0;  // clips; failed: known to be dead, or not to be had like this
    std::uint64_t clips = 0, videos = 0;   // still to do
};

// Clips that failed with a reason in `retry` count as left.
work_left count_work(work_list& sealed, const std::set<reason>& retry = {});

// The time that `videos` take at `per_hour`, for a user who plans: "34 days".
std::string quota_time(std::uint64_t videos, double per_hour);

}  // namespace reelpipe

#endif
