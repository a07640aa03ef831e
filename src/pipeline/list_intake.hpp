#ifndef REELPIPE_PIPELINE_LIST_INTAKE_HPP
#define REELPIPE_PIPELINE_LIST_INTAKE_HPP

#include <cstdint>
#include <string_view>

#include "ledger/work_list.hpp"
#include "reelpipe/download_options.hpp"

namespace reelpipe {

// Reads the lists that the options name and adds the rows that pass to the work list. A malformed row is told to the
// user and skipped. Returns how many were. Throws usage_error for a list that cannot be read.
std::uint64_t read_lists(const wanted_options&, const run_events&, work_list&);

// Which of so many parts a video belongs to, from 1: the same on every machine and for every list.
unsigned shard_of(std::string_view video, unsigned shards);

}  // namespace reelpipe

#endif
