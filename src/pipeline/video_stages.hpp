#ifndef REELPIPE_PIPELINE_VIDEO_STAGES_HPP
#define REELPIPE_PIPELINE_VIDEO_STAGES_HPP

#include <asio/awaitable.hpp>
#include <optional>
#include <stop_token>

#include "ledger/resolved_source_cache.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/failure_policy.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/outcome_recorder.hpp"
#include "pipeline/run_counts.hpp"
#include "pipeline/trace.hpp"
#include "reelpipe/pipeline.hpp"

namespace reelpipe {

// The stages that a video passes as a whole: its source is found, what its clips need is fetched, and it is split into
// clips. They throw job_failed. Threads: the loop's. Each argument outlives this.
class video_stages {
public:
    video_stages(engine& running, outcome_recorder& outcomes, resolved_source_cache& kept, failure_policy& policy,
                 run_counts& counts, trace* traced)
        : engine_(running), outcomes_(outcomes), kept_(kept), policy_(policy), counts_(counts), trace_(traced)
    {
    }

    // Nothing where all of the video's clips exist already.
    asio::awaitable<std::optional<video_ptr>> resolve(video_ptr);
    asio::awaitable<video_ptr> fetch(video_ptr, std::stop_token);
    asio::awaitable<void> split(video_ptr, out<clip_job> next);

    // Asks hosts of which nothing is believed, and that have refused so many videos in a row, for a video that they
    // served before, in this run or, as `reference` (or empty), in an earlier one.
    asio::awaitable<void> settle_doubts(std::string reference, std::size_t in_a_row);

private:
    bool enter_existing(video_job&);
    asio::awaitable<void> find_source(video_job&);
    asio::awaitable<void> locate(video_job&);
    void enter_fetched(const video_job&);
    asio::awaitable<void> fetch_missing(video_job&);
    asio::awaitable<void> fetch_located(video_job&);

    // A run that ends tries nothing again.
    bool is_late(unsigned attempt) const { return attempt > 1 && policy_.is_ending(); }

    engine& engine_;
    outcome_recorder& outcomes_;
    resolved_source_cache& kept_;
    failure_policy& policy_;
    run_counts& counts_;
    trace* trace_;
};

}  // namespace reelpipe

#endif
