#ifndef REELPIPE_PIPELINE_LIST_INTAKE_HPP
#define REELPIPE_PIPELINE_LIST_INTAKE_HPP

#include <cstdint>

#include "ledger/work_list.hpp"
#include "reelpipe/download_options.hpp"

namespace reelpipe {

// Reads the lists that the options name and adds the rows that pass to the work list. A malformed row is told to the
// user and skipped. Returns how many were. Throws usage_error for a list that cannot be read, one of which no row can,
// and for a choice that leaves nothing.
std::uint64_t read_lists(const wanted_options&, bool youtube_ids, const run_events&, work_list&);

}  // namespace reelpipe

#endif
