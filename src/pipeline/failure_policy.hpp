#ifndef REELPIPE_PIPELINE_FAILURE_POLICY_HPP
#define REELPIPE_PIPELINE_FAILURE_POLICY_HPP

#include <atomic>
#include <optional>

#include "pipeline/accounts.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/judge.hpp"
#include "reelpipe/download.hpp"

namespace reelpipe {

// What becomes of a failed job, and of the run: it is tried again, it failed for good, or nothing new is fed any more.
// Threads: the loop's; has_stopped() from anywhere.
class failure_policy {
public:
    failure_policy(const download_options& options, accounts& entries) : options_(options), accounts_(entries) {}

    verdict judge(const failure&);

    // Feeding ends, and the user is told why. Only the first reason counts.
    void stop(const finding&);
    const std::optional<finding>& stop_reason() const { return stop_reason_; }
    bool has_stopped() const { return stopped_; }

    // The site was understood: what looked like an outdated extractor was one odd video.
    void resolved() { outdated_ = 0; }

private:
    void record(const job_failed&, const finding&, unsigned attempts);

    const download_options& options_;
    accounts& accounts_;
    std::optional<finding> stop_reason_;
    unsigned outdated_ = 0;
    std::atomic<bool> stopped_{false};
};

}  // namespace reelpipe

#endif
