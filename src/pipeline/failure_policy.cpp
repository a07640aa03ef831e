#include "pipeline/failure_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace reelpipe {

namespace {

constexpr auto longest_pause = std::chrono::minutes(5);
constexpr std::size_t down_in_a_row = 3;   // videos, each with all of its attempts
constexpr unsigned outdated_in_a_row = 5;  // one odd video says nothing about yt-dlp, several do

// Exponential, up to a limit, and different for each: those who failed together do not come back together.
std::chrono::milliseconds pause_before(unsigned attempt, std::chrono::milliseconds first,
                                       std::optional<std::chrono::seconds> asked)
{
    static thread_local std::minstd_rand random{std::random_device{}()};
    if (asked) return std::min<std::chrono::milliseconds>(*asked, longest_pause);
    const auto longest = std::min<std::chrono::milliseconds>(first * (1u << std::min(attempt, 16u)), longest_pause);
    std::uniform_int_distribution<std::chrono::milliseconds::rep> pause(longest.count() / 2, longest.count());
    return std::chrono::milliseconds(pause(random));
}

}  // namespace

verdict failure_policy::judge(const failure& f)
{
    const auto* const job = f.as<job_failed>();
    if (!job) return verdict::stop();  // no stage failed, the run itself did
    const finding found = diagnose(job->cause);
    const reason_class what = class_of(found.why);
    if (!found.host.empty() && what != reason_class::retry && what != reason_class::global) answered(found.host);

    const bool may_pass =
        what == reason_class::retry || found.why == reason::rate_limited || found.why == reason::no_network;
    if (may_pass && !found.final && f.attempt < f.attempts) {
        if (stop_reason_) return verdict::drain();  // its clips stay pending, with attempts left
        return verdict::retry(pause_before(f.attempt, options_.backoff, found.retry_after));
    }

    if (what == reason_class::global || found.why == reason::resolver_missing) {
        if (found.why != reason::interrupted) stop(found);
        return verdict::drain();  // its clips stay pending
    }
    if (found.fault != finding::host_fault::none && !has_answered_beside(found.host)) {
        suspect(*job, found, f.attempt);
        return stop_reason_ ? verdict::drain() : verdict::drop();
    }
    record(*job, found, f.attempt);
    const bool broken = found.why == reason::extractor_outdated && ++outdated_ >= outdated_in_a_row;
    if (broken) stop(found);
    if (found.site) stop({.why = *found.site, .message = found.message});
    return stop_reason_ ? verdict::drain() : verdict::drop();
}

void failure_policy::stop(const finding& why)
{
    if (stop_reason_) return;
    stop_reason_ = why;
    stopped_ = true;
    if (options_.on_message)
        options_.on_message(severity::error, fmt::format("stopping: {} ({})", explain(why.why), why.message));
}

// One video says nothing of its host, several in a row do. Where another host answers, the network is fine and the run
// has something to do: then a host that is down costs its own videos only.
void failure_policy::suspect(const job_failed& job, const finding& found, unsigned attempts)
{
    undecided_.push_back({job, found, attempts});
    if (undecided_.size() < down_in_a_row) return;
    undecided_.clear();  // their clips stay pending
    stop({.why = reason::host_down, .message = found.message});
}

void failure_policy::answered(const std::string& host)
{
    for (const undecided& each : undecided_) record(each.job, each.found, each.attempts);
    undecided_.clear();
    if (answering_.size() < 2 && std::ranges::find(answering_, host) == answering_.end()) answering_.push_back(host);
}

bool failure_policy::has_answered_beside(const std::string& host) const
{
    return std::ranges::any_of(answering_, [&](const std::string& each) { return each != host; });
}

void failure_policy::end()
{
    const std::vector<undecided> left = std::exchange(undecided_, {});
    if (stop_reason_) return;
    // A host that accepts no connection is down whatever it was to be asked; a server error may be the one file's.
    for (const undecided& each : left) {
        if (each.found.fault == finding::host_fault::no_connection)
            stop({.why = reason::host_down, .message = each.found.message});
        else
            record(each.job, each.found, each.attempts);
    }
}

void failure_policy::record(const job_failed& job, const finding& found, unsigned attempts)
{
    const clip_record r{.failed = found.why,
                        .message = found.message,
                        .attempts = attempts,
                        .fetched = job.video->held.counts.bytes,
                        .resolve_s = job.video->resolve_s,
                        .fetch_s = job.video->fetch_s};
    if (job.clip)
        accounts_.failed(job.clip->clip, job.clip->row, r);
    else
        for (const clip_task& task : job.video->clips) accounts_.failed(task.clip, task.row, r);
    kept_.settled(*job.video, job.clip ? 1 : job.video->clips.size());
}

}  // namespace reelpipe
