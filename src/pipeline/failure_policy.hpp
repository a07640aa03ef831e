#ifndef REELPIPE_PIPELINE_FAILURE_POLICY_HPP
#define REELPIPE_PIPELINE_FAILURE_POLICY_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/diagnose.hpp"
#include "pipeline/jobs.hpp"
#include "reelpipe/message.hpp"
#include "reelpipe/pipeline.hpp"

namespace reelpipe {

// The decision about a failed job and about the run: the job is retried, it fails for good, its clips stay pending, or
// feeding stops.
//
// An answer that any other video of the host might get as well (a status, one page for everything) is held back until
// the host serves a video: a host that serves nothing says nothing about single videos. Where asking costs little, the
// video is then asked for once more, and the second answer is entered: one odd answer, a server that restarts, or a
// limit says nothing about it either.
//
// Threads: the loop's; drain(), is_ending() and has_stopped() from anywhere.
class failure_policy {
public:
    // Enters a job that failed for good.
    using entry = std::function<void(const job_failed&, const diagnosis&, unsigned attempts)>;

    struct options {
        unsigned attempts = 5;
        std::chrono::milliseconds backoff{1000};  // the shortest pause before a second attempt
        // The list, or what stands beside it, names hosts, so that behind one that is down others may come.
        bool names_hosts = false;
        bool asks_twice = false;  // media whose host refused them are asked for once more
        std::function<void(severity, const std::string&)> say{};
        std::function<void(const attempt_record&)> attempted{};  // called for each attempt that failed
    };

    failure_policy(options chosen, entry enter) : options_(std::move(chosen)), enter_(std::move(enter)) {}

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

    // The host has served a video that it had refused.
    void retracted(const std::string& host) { ++testimony_of(host).retracted; }

    // A video that is to be asked for once more, not before `when`.
    struct second_request {
        video_ptr video{};
        std::chrono::steady_clock::time_point when{};
    };
    // The next one whose host has served others since it was refused, and whose time has come. Null if there is none.
    video_ptr ready_to_ask_again();
    // All that are left, at the end of the run, but those of hosts that are in doubt.
    std::vector<second_request> take_refused();

    // A host of which nothing is believed until it serves something, and a video that it served before, if any.
    struct doubt {
        std::string host{};
        std::string video{};
    };
    std::vector<doubt> doubts() const;

    // No further job will fail: what was left undecided is decided.
    void end();

private:
    // A job whose host failed when no host had answered since: the fault may be the host's alone or the job's.
    struct undecided {
        job_failed job;
        diagnosis found;
        unsigned attempts = 0;
    };

    // A video that was refused, and is asked for once more before that counts.
    struct refusal {
        undecided of;
        std::chrono::steady_clock::time_point at{};
        bool is_second = false;  // it was refused twice, and the host has served nothing in between
    };

    // The answers of a host: the jobs that it refused, held until it is believed, and the last video that it served.
    struct testimony {
        std::vector<undecided> held{};  // those that are not asked for twice
        std::string served{};           // the last video; empty: none
        std::uint64_t serves = 0;
        std::size_t refused = 0;             // of those that are asked for twice
        std::size_t refused_in_a_row = 0;    // since it has served something
        std::vector<undecided> confirmed{};  // refused twice, and the host has served others in between
        std::uint64_t retracted = 0;         // refusals of what it has served before or since
    };

    // A host that fails, or has said of a video that it will not serve it: it is not down.
    void answered(std::string_view host);
    unsigned attempts_of(const failure&, const job_failed&) const;
    verdict wait_for_host(const diagnosis&);
    void suspect(const job_failed&, const diagnosis&, unsigned attempts);
    verdict hold(const job_failed&, const diagnosis&, unsigned attempts);
    bool is_asked_twice(const diagnosis&) const;
    verdict doubt_refusal(const job_failed&, const diagnosis&, unsigned attempts);
    void check_row(std::size_t in_a_row, const diagnosis&);
    void decide(testimony&);
    void end_refused();
    bool is_believed(const testimony&) const;
    verdict leave_pending(diagnosis);
    bool has_answered_beside(const std::string& host) const;
    testimony& testimony_of(const std::string& host);
    std::string key_of(const std::string& host) const;
    void say(severity, const std::string&) const;
    verdict drop_or_drain() const { return stop_reason_ ? verdict::drain() : verdict::drop(); }

    options options_;
    entry enter_;
    std::optional<diagnosis> stop_reason_;
    unsigned outdated_ = 0;
    std::vector<undecided> undecided_;
    std::map<std::string, testimony> testimonies_;
    std::deque<refusal> refused_;                      // of all hosts, the oldest first
    std::set<std::string> silent_;                     // hosts that failed and have not answered yet
    std::set<std::string> down_;                       // hosts that failed several times without an answer in between
    std::map<std::string, unsigned> faults_in_a_row_;  // videos, by host, while other hosts answer
    std::optional<diagnosis> left_pending_;            // why clips of hosts stay pending, the last time
    std::vector<std::string> answering_;  // hosts that answered; two are enough to know that not all are down
    unsigned unanswered_ = 0;             // jobs whose hosts failed since a host of media has answered
    bool has_served_ = false;             // any host
    std::atomic<bool> stopped_{false};
    std::atomic<bool> draining_{false};
};

}  // namespace reelpipe

#endif
