#ifndef REELPIPE_PIPELINE_FAILED_JOBS_HPP
#define REELPIPE_PIPELINE_FAILED_JOBS_HPP

#include "ledger/kept_sources.hpp"
#include "pipeline/accounts.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/judge.hpp"

namespace reelpipe {

// Enters a job that failed for good: the clip that it is about, or all clips of its video. Threads: the loop's.
void enter_failed(accounts&, kept_sources&, const asked_by&, const job_failed&, const finding&, unsigned attempts);

}  // namespace reelpipe

#endif
