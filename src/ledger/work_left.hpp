#ifndef REELPIPE_LEDGER_WORK_LEFT_HPP
#define REELPIPE_LEDGER_WORK_LEFT_HPP

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "ledger/asked_by.hpp"
#include "ledger/work_list.hpp"
#include "reelpipe/outcome.hpp"

namespace reelpipe {

// The failures of earlier runs that a run asks for again. Final ones hold, unless they are named here or were found by
// asking in another way than this run does.
struct retry_rule {
    std::set<reason> reasons{};
    bool everything = false;           // asking costs nothing
    std::optional<asked_by> asking{};  // none: it does not matter how they were asked for

    bool holds(const clip_record& failure) const;
};

// The work left in a list, by what the ledger knows.
struct work_left {
    // Clips. Stored: perhaps under another label; failed: known to be dead, or not to be had like this.
    std::uint64_t stored = 0, failed = 0;
    std::uint64_t clips = 0, videos = 0;  // still to do
};

work_left count_work(work_list& sealed, const retry_rule&);

}  // namespace reelpipe

#endif
