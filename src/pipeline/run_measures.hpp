#ifndef REELPIPE_PIPELINE_RUN_MEASURES_HPP
#define REELPIPE_PIPELINE_RUN_MEASURES_HPP

#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "reelpipe/download_options.hpp"
#include "reelpipe/pipeline.hpp"
#include "reelpipe/progress.hpp"

namespace reelpipe {

// What the ledger keeps of how a run went, as JSON: the times of its stages, the slowest of them, and the limits that
// it was given.
std::string measures_json(const progress&, const report&, const fetch_options&);

// The lists of a run, as JSON.
std::string lists_json(const wanted_options&);

// The same with hashes, for which all of them are read. Throws std::system_error.
std::vector<list_record> hashed_lists(const wanted_options&);

// What the stages did in both of two runs of them. Only the first one's waits count: the second is short of work by
// design.
std::vector<stage_stats> sum_of(std::vector<stage_stats> first, const std::vector<stage_stats>& second);

}  // namespace reelpipe

#endif
