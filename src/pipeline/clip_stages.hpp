#ifndef REELPIPE_PIPELINE_CLIP_STAGES_HPP
#define REELPIPE_PIPELINE_CLIP_STAGES_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <stop_token>
#include <string>
#include <utility>

#include "folder/run_folder.hpp"
#include "ledger/resolved_source_cache.hpp"
#include "pipeline/checked_options.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/existing_clips.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/outcome_recorder.hpp"
#include "pipeline/run_counts.hpp"
#include "pipeline/trace.hpp"

namespace reelpipe {

// The stages that each clip of a fetched video passes: it is cut, verified, given its name and recorded. They throw
// job_failed. Threads: cut() and verify() on any, the others on the loop. Each argument outlives this.
class clip_stages {
public:
    // Clips are made in `folder`, and wait for the disk on the pool `disk`.
    clip_stages(const checked_options& checked, engine& running, const existing_clips& existing,
                const run_folder& folder, asio::any_io_executor disk, outcome_recorder& outcomes,
                resolved_source_cache& kept, run_counts& counts, trace* traced)
        : checked_(checked),
          engine_(running),
          existing_(existing),
          folder_(folder),
          disk_(std::move(disk)),
          outcomes_(outcomes),
          kept_(kept),
          counts_(counts),
          trace_(traced)
    {
    }

    clip_job cut(clip_job, std::stop_token);
    clip_job verify(clip_job, std::stop_token);
    asio::awaitable<clip_job> store(clip_job, std::stop_token);
    void record(clip_job);

private:
    void record_name(const clip_job&, const clip_task& name, clip_record);
    void make(clip_job&, const cut::options&, const std::stop_token&) const;
    void take_over(clip_job&) const;
    std::string fault_of_copy(clip_job&, const std::stop_token&) const;
    void look_at(clip_job&, const std::stop_token&) const;
    verify::facts facts_of(const clip_job&, const verify::expectation&, const std::stop_token&) const;

    const checked_options& checked_;
    engine& engine_;
    const existing_clips& existing_;
    const run_folder& folder_;
    asio::any_io_executor disk_;
    outcome_recorder& outcomes_;
    resolved_source_cache& kept_;
    run_counts& counts_;
    trace* trace_;
};

}  // namespace reelpipe

#endif
