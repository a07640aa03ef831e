#ifndef REELPIPE_PIPELINE_FAILURE_POLICY_HPP
#define REELPIPE_PIPELINE_FAILURE_POLICY_HPP

#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/kept_sources.hpp"
#include "pipeline/accounts.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/judge.hpp"
#include "reelpipe/download_options.hpp"

namespace reelpipe {

// The decision about a failed job and about the run: retry, fail for good, or stop feeding. Threads: the loop's;
// drain(), is_ending() and has_stopped() from anywhere.
class failure_policy {
public:
    // `backoff`: the shortest pause before a second attempt. `names_hosts`: the list or what stands beside it names
    // hosts, so that behind one that is down others may come.
    failure_policy(std::chrono::milliseconds backoff, const run_events& events, accounts& entries, kept_sources& kept,
                   bool names_hosts)
        : backoff_(backoff), events_(events), accounts_(entries), kept_(kept), names_hosts_(names_hosts)
    {
    }

    verdict judge(const failure&);

    // Feeding ends, and the user is told why. Only the first reason counts.
    void stop(const finding&);
    const std::optional<finding>& stop_reason() const { return stop_reason_; }
    bool has_stopped() const { return stopped_; }

    // The user wants the run to end: what fails now is not tried again, and its clips stay pending.
    void drain() { draining_ = true; }
    bool is_ending() const { return draining_ || stopped_; }

    // The site was understood: what looked like an outdated extractor was one odd video.
    void resolved()
    {
        outdated_ = 0;
        answered(site_itself);
    }

    // A host of media has served what it was asked for, or has said that it will not: it is not down.
    void answered(std::string_view host);

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
    verdict leave_pending(const finding&);
    bool has_answered_beside(const std::string& host) const;
    static reason believed(reason, const clip_task&);
    void record(const job_failed&, const finding&, unsigned attempts);

    const std::chrono::milliseconds backoff_;
    const run_events& events_;
    accounts& accounts_;
    kept_sources& kept_;
    std::optional<finding> stop_reason_;
    unsigned outdated_ = 0;
    bool names_hosts_;
    std::vector<undecided> undecided_;
    std::set<std::string> silent_;             // hosts that failed and have not answered yet
    std::set<std::string> down_;               // of them those that failed several times
    std::optional<std::string> left_pending_;  // what was said of the last video that was left because of them
    std::vector<std::string> answering_;       // hosts that answered; two are enough to know that not all are down
    unsigned unanswered_ = 0;                  // jobs whose hosts failed since a host of media has answered
    std::atomic<bool> stopped_{false};
    std::atomic<bool> draining_{false};
};

}  // namespace reelpipe

#endif
