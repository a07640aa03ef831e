#ifndef REELPIPE_PIPELINE_FAILURE_POLICY_HPP
#define REELPIPE_PIPELINE_FAILURE_POLICY_HPP

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/diagnose.hpp"
#include "pipeline/host_refusals.hpp"
#include "pipeline/jobs.hpp"
#include "reelpipe/message.hpp"
#include "reelpipe/pipeline.hpp"

namespace reelpipe {

// The decision about a failed job and about the run: the job is retried, it fails for good, its clips stay pending, or
// feeding stops.
//
// An answer that any other video of the host might get as well (a status, one page for everything) goes to
// host_refusals, and is entered when that believes it.
//
// Threads: the loop's; drain(), is_ending() and has_stopped() from anywhere.
class failure_policy {
public:
    // Enters a job that failed for good.
    using entry = std::function<void(const failed_job&)>;

    struct options {
        unsigned attempts = 5;
        std::chrono::milliseconds backoff{1000};  // the shortest pause before a second attempt
        // The list, or what stands beside it, names hosts, so that behind one that is down others may come.
        bool names_hosts = false;
        bool asks_twice = false;  // media whose host refused them are asked for once more
        std::function<void(severity, const std::string&)> say{};
        std::function<void(const attempt_record&)> attempted{};  // called for each attempt that failed
    };

    failure_policy(options, entry);
    failure_policy(const failure_policy&) = delete;
    failure_policy& operator=(const failure_policy&) = delete;

    verdict judge(const failure&);

    // Feeding ends, and the user is told why. Only the first reason counts.
    void stop(const diagnosis&);
    const std::optional<diagnosis>& stop_reason() const { return stop_reason_; }
    bool has_stopped() const { return stopped_; }

    // The user wants the run to end: what fails now is not tried again, and its clips stay pending.
    void drain() { draining_ = true; }
    bool is_ending() const { return draining_ || stopped_; }

    // The site was understood and has found the video: what looked like an outdated extractor was one odd video.
    void resolved(const std::string& video)
    {
        outdated_ = 0;
        served(std::string(site_itself), video);
    }

    // A host has served what was wanted of a video, or the site has found its media.
    void served(const std::string& host, const std::string& video);

    host_refusals& refusals() { return refusals_; }

    // No further job will fail: what was left undecided is decided.
    void end();

private:
    // A host that fails, or has said of a video that it will not serve it: it is not down.
    void answered(std::string_view host);
    unsigned attempts_of(const failure&, const job_failed&) const;
    verdict wait_for_host(const diagnosis&);
    void suspect(failed_job);
    verdict leave_pending(diagnosis);
    bool has_answered_beside(const std::string& host) const;
    void say(severity, const std::string&) const;
    verdict drop_or_drain() const { return stop_reason_ ? verdict::drain() : verdict::drop(); }

    options options_;
    entry enter_;
    std::optional<diagnosis> stop_reason_;
    unsigned outdated_ = 0;
    host_refusals refusals_;
    std::vector<failed_job> undecided_;                // whose host failed when no host had answered since
    std::set<std::string> silent_;                     // hosts that failed and have not answered yet
    std::set<std::string> down_;                       // hosts that failed several times without an answer in between
    std::map<std::string, unsigned> faults_in_a_row_;  // videos, by host, while other hosts answer
    std::optional<diagnosis> left_pending_;            // why clips of hosts stay pending, the last time
    std::vector<std::string> answering_;  // hosts that answered; two are enough to know that not all are down
    unsigned unanswered_ = 0;             // jobs whose hosts failed since a host of media has answered
    std::atomic<bool> stopped_{false};
    std::atomic<bool> draining_{false};
};

}  // namespace reelpipe

#endif
