#ifndef REELPIPE_PIPELINE_FAILURE_POLICY_HPP
#define REELPIPE_PIPELINE_FAILURE_POLICY_HPP

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/accounts.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/judge.hpp"
#include "pipeline/kept_sources.hpp"
#include "reelpipe/download.hpp"

namespace reelpipe {

// What becomes of a failed job, and of the run: it is tried again, it failed for good, or nothing new is fed any more.
// Threads: the loop's; has_stopped() from anywhere.
class failure_policy {
public:
    failure_policy(const download_options& options, accounts& entries, kept_sources& kept)
        : options_(options), accounts_(entries), kept_(kept)
    {
    }

    verdict judge(const failure&);

    // Feeding ends, and the user is told why. Only the first reason counts.
    void stop(const finding&);
    const std::optional<finding>& stop_reason() const { return stop_reason_; }
    bool has_stopped() const { return stopped_; }

    // The site was understood: what looked like an outdated extractor was one odd video.
    void resolved() { outdated_ = 0; }

    // A host of media has served what it was asked for, or has said that it will not: it is not down.
    void answered(const std::string& host);

    // No further job will fail: what was left undecided is decided.
    void end();

private:
    // A job whose host failed when no host had answered since: the fault may be the host's alone or the job's.
    struct undecided {
        job_failed job;
        finding found;
        unsigned attempts = 0;
    };

    void suspect(const job_failed&, const finding&, unsigned attempts);
    bool has_answered_beside(const std::string& host) const;
    void record(const job_failed&, const finding&, unsigned attempts);

    const download_options& options_;
    accounts& accounts_;
    kept_sources& kept_;
    std::optional<finding> stop_reason_;
    unsigned outdated_ = 0;
    std::vector<undecided> undecided_;
    std::vector<std::string> answering_;  // hosts that answered; two are enough to know that not all are down
    std::atomic<bool> stopped_{false};
};

}  // namespace reelpipe

#endif
