#include "pipeline/failed_jobs.hpp"

namespace reelpipe {

namespace {

// A site that only says "unavailable" may be wrong. It is believed when a later run hears it again.
reason believed(reason why, const clip_task& task)
{
    return why == reason::unavailable && !task.was_unavailable ? reason::unconfirmed : why;
}

}  // namespace

void enter_failed(outcome_recorder& outcomes, resolved_source_cache& kept, const asked_by& asking,
                  const failed_job& failed)
{
    const auto& [job, found, attempts] = failed;
    clip_record r{.failed = found.why,
                  .message = found.message,
                  .attempts = attempts,
                  .fetched = job.video->held.counts.bytes,
                  .whole = job.video->fetched.size,
                  .resolve_s = job.video->resolve_s,
                  .fetch_s = job.video->fetch_s};
    const auto enter = [&](const clip_task& task) {
        r.failed = believed(found.why, task);
        r.asked = asking.for_failure(*r.failed);
        outcomes.failed(task.clip, task.row, r);
    };
    if (job.clip)
        job.clip->for_each_name(enter);
    else
        for (const clip_task& task : job.video->clips) task.for_each_name(enter);
    if (job.video->settle(job.clip ? 1 : job.video->clips.size())) kept.forget(job.video->id);
}

}  // namespace reelpipe
