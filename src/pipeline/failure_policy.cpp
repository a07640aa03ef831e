#include "pipeline/failure_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace reelpipe {

namespace {

constexpr auto longest_pause = std::chrono::minutes(5);
constexpr std::size_t down_in_a_row = 3;  // videos, each with all of its attempts
constexpr std::size_t most_silent = 10;   // hosts of which none has answered: then it is not the hosts
constexpr unsigned long_ago = 10;         // after so many host failures without an answer, earlier answers do not count
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

// Where there are several hosts, a name that leads nowhere and a wish to be left alone are the fault of one of them,
// until none answers any more.
finding of_one_host(finding found)
{
    if (found.why == reason::no_network && found.fault == site_fault::no_connection) found.why = reason::network;
    if (found.why == reason::rate_limited && found.host != site_itself) found.fault = site_fault::server_error;
    return found;
}

}  // namespace

verdict failure_policy::judge(const failure& f)
{
    const auto* const job = f.as<job_failed>();
    if (!job) return verdict::stop();  // no stage failed, the run itself did
    const finding found = names_hosts_ ? of_one_host(diagnose(job->cause)) : diagnose(job->cause);
    const reason_class what = class_of(found.why);
    if (!found.host.empty() && what != reason_class::retry && what != reason_class::global) answered(found.host);

    const bool is_down = found.fault != site_fault::none && down_.contains(found.host);
    if (is_down && !has_answered_beside(found.host)) return leave_pending(found);

    const bool may_pass =
        what == reason_class::retry || found.why == reason::rate_limited || found.why == reason::no_network;
    if (may_pass && !found.final && f.attempt < f.attempts) {
        if (is_ending()) return verdict::drain();  // its clips stay pending, with attempts left
        return verdict::retry(pause_before(f.attempt, backoff_, found.retry_after));
    }

    if (found.fault != site_fault::none && ++unanswered_ >= long_ago) answering_.clear();
    const bool is_hosts_own = names_hosts_ && found.why == reason::rate_limited && found.fault != site_fault::none;
    if (!is_hosts_own && (what == reason_class::global || found.why == reason::resolver_missing)) {
        if (found.why != reason::interrupted) stop(found);
        return verdict::drain();  // its clips stay pending
    }
    if (found.fault != site_fault::none && !has_answered_beside(found.host)) {
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
    if (events_.on_message)
        events_.on_message(severity::error, fmt::format("stopping: {} ({})", explain(why.why), why.message));
}

// One video says nothing of its host, several in a row do. Where another host answers, the network is fine and the run
// has something to do: then a host that is down costs its own videos only.
void failure_policy::suspect(const job_failed& job, const finding& found, unsigned attempts)
{
    const auto of_host = [&](const undecided& each) { return each.found.host == found.host; };
    undecided_.push_back({job, found, attempts});
    silent_.insert(found.host);
    if (static_cast<std::size_t>(std::ranges::count_if(undecided_, of_host)) >= down_in_a_row) {
        std::erase_if(undecided_, of_host);  // their clips stay pending
        down_.insert(found.host);
        leave_pending(found);
        if (names_hosts_ && found.host != site_itself && silent_.size() < most_silent) {
            if (events_.on_message)
                events_.on_message(severity::warning, fmt::format("{} ({}); its clips stay pending",
                                                                  explain(reason::host_down), found.message));
            return;
        }
    } else if (names_hosts_ ? silent_.size() < most_silent : undecided_.size() < down_in_a_row) {
        return;
    }
    undecided_.clear();
    stop({.why = reason::host_down, .message = found.message});
}

verdict failure_policy::leave_pending(const finding& found)
{
    left_pending_ = found.message;
    return stop_reason_ ? verdict::drain() : verdict::drop();
}

void failure_policy::answered(std::string_view host)
{
    const bool is_site = host == site_itself;
    for (undecided& each : std::exchange(undecided_, {})) {
        if ((each.found.host == site_itself) == is_site)
            record(each.job, each.found, each.attempts);
        else
            undecided_.push_back(std::move(each));
    }
    down_.erase(std::string(host));
    silent_.erase(std::string(host));
    if (!is_site) unanswered_ = 0;
    if (!is_site && answering_.size() < 2 && std::ranges::find(answering_, host) == answering_.end())
        answering_.emplace_back(host);
}

// A media host that answers proves nothing about the resolver.
bool failure_policy::has_answered_beside(const std::string& host) const
{
    return host != site_itself &&
           std::ranges::any_of(answering_, [&](const std::string& each) { return each != host; });
}

void failure_policy::end()
{
    const std::vector<undecided> left = std::exchange(undecided_, {});
    if (stop_reason_) return;
    // A host that accepts no connection is down whatever it was to be asked; a server error may be the one file's.
    for (const undecided& each : left) {
        if (each.found.fault == site_fault::no_connection)
            stop({.why = reason::host_down, .message = each.found.message});
        else
            record(each.job, each.found, each.attempts);
    }
    if (left_pending_) stop({.why = reason::host_down, .message = *left_pending_});
}

// "Unavailable", and no more, has turned out to be wrong before: it is believed when a later run hears it again.
reason failure_policy::believed(reason why, const clip_task& task)
{
    return why == reason::unavailable && !task.was_unavailable ? reason::unconfirmed : why;
}

void failure_policy::record(const job_failed& job, const finding& found, unsigned attempts)
{
    clip_record r{.failed = found.why,
                  .message = found.message,
                  .attempts = attempts,
                  .fetched = job.video->held.counts.bytes,
                  .resolve_s = job.video->resolve_s,
                  .fetch_s = job.video->fetch_s};
    const auto enter = [&](const clip_task& task) {
        r.failed = believed(found.why, task);
        accounts_.failed(task.clip, task.row, r);
    };
    if (job.clip)
        job.clip->for_each_name(enter);
    else
        for (const clip_task& task : job.video->clips) task.for_each_name(enter);
    if (job.video->settle(job.clip ? 1 : job.video->clips.size())) kept_.forget(job.video->id);
}

}  // namespace reelpipe
