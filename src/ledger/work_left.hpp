#ifndef REELPIPE_LEDGER_WORK_LEFT_HPP
#define REELPIPE_LEDGER_WORK_LEFT_HPP

#include <cstdint>
#include <set>
#include <string>

#include "ledger/work_list.hpp"
#include "reelpipe/outcome.hpp"

namespace reelpipe {

// How a list stands by what the ledger knows.
struct work_left {
    std::uint64_t stored = 0, failed = 0;  // clips; failed: known to be dead, or not to be had like this
    std::uint64_t clips = 0, videos = 0;   // still to do
};

// What failed with one of the reasons in `retry` is asked for again.
work_left count_work(work_list& sealed, const std::set<reason>& retry = {});

// How long `videos` take at `per_hour`, for a user who plans: "34 days".
std::string quota_time(std::uint64_t videos, double per_hour);

}  // namespace reelpipe

#endif
