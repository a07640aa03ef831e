#ifndef REELPIPE_PIPELINE_FAILED_JOBS_HPP
#define REELPIPE_PIPELINE_FAILED_JOBS_HPP

#include "ledger/resolved_source_cache.hpp"
#include "pipeline/host_refusals.hpp"
#include "pipeline/outcome_recorder.hpp"

namespace reelpipe {

// Enters a job that failed for good: the clip that it is about, or all clips of its video. Threads: the loop's.
void enter_failed(outcome_recorder&, resolved_source_cache&, const asked_by&, const failed_job&);

}  // namespace reelpipe

#endif
