#ifndef REELPIPE_PIPELINE_WORK_LEFT_HPP
#define REELPIPE_PIPELINE_WORK_LEFT_HPP

#include <cstdint>
#include <string>

#include "pipeline/work_list.hpp"

namespace reelpipe {

// How a list stands by what the ledger knows.
struct work_left {
    std::uint64_t stored = 0, failed = 0;  // clips; failed: known to be dead, or not to be had like this
    std::uint64_t clips = 0, videos = 0;   // still to do
};

work_left count_work(work_list& sealed);

// How long `videos` take at `per_hour`, for a user who plans: "34 days".
std::string quota_time(std::uint64_t videos, double per_hour);

}  // namespace reelpipe

#endif
