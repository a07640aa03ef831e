#include "pipeline/failure_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "stages/fetch/url.hpp"

namespace reelpipe {

namespace {

constexpr auto max_pause = std::chrono::minutes(5);
constexpr std::size_t down_in_a_row = 3;  // videos, each with all of its attempts
constexpr std::size_t max_silent = 10;    // hosts of which none has answered: then it is not the hosts
constexpr unsigned long_ago = 10;         // after so many host failures without an answer, earlier answers do not count
constexpr unsigned outdated_in_a_row = 5;  // one odd video says nothing about yt-dlp, several do

// Exponential, up to a limit, and different for each: those who failed together do not come back together. Not before
// the time that a host has asked for.
std::chrono::milliseconds pause_before(unsigned attempt, std::chrono::milliseconds first,
                                       std::optional<std::chrono::seconds> asked)
{
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto longest = std::min<std::chrono::milliseconds>(first * (1u << std::min(attempt, 16u)), max_pause);
    std::uniform_int_distribution<std::chrono::milliseconds::rep> pause(longest.count() / 2, longest.count());
    const std::chrono::milliseconds own(pause(random));
    if (!asked) return own;
    return std::min<std::chrono::milliseconds>(std::chrono::milliseconds(*asked) + own / 4, max_pause);
}

// The host of a video whose source is known; empty if its files are on disk.
std::string host_of_media(const video_job& video)
{
    for (const media_file& file : video.source.files)
        if (const remote_file* const part = remote_part(file)) return fetch::host_of(part->url);
    return {};
}

// Where there are several hosts, a name that leads nowhere and a wish to be left alone are the fault of one of them,
// until none answers any more.
diagnosis of_one_host(diagnosis found)
{
    if (found.why == reason::no_network && found.fault == site_fault::no_connection) found.why = reason::network;
    if (found.why == reason::rate_limited && found.host != site_itself) found.fault = site_fault::server_error;
    return found;
}

// Where the media are said to be, without what may be secret in it: names, passwords, signatures.
std::string address_of(const media_file& file)
{
    if (const remote_file* const remote = remote_part(file)) return fetch::display_name(remote->url);
    if (const auto* const local = std::get_if<local_file>(&file)) return local->path.string();
    if (std::holds_alternative<yt_dlp_file>(file)) return "yt-dlp";
    const std::vector<local_clips::file>& clips = std::get<local_clips>(file).files;
    if (clips.empty()) return {};
    const std::string first = clips.front().path.string();
    return clips.size() == 1 ? first : fmt::format("{} and {} more", first, clips.size() - 1);
}

std::string address_of(const video_job& video)
{
    std::string all;
    for (const media_file& file : video.source.files) {
        if (!all.empty()) all += ' ';
        all += address_of(file);
    }
    return all;
}

attempt_record attempt_of(const job_failed& job, const diagnosis& found, unsigned number)
{
    attempt_record attempt{.video = job.video->id,
                           .number = number,
                           .address = address_of(*job.video),
                           .host = found.host == site_itself ? std::string() : found.host,
                           .why = found.why,
                           .message = found.message};
    for (const std::string& warning : found.warnings) attempt.message += " | warning: " + warning;
    if (job.clip) attempt.wanted = job.clip->clip.wanted;
    return attempt;
}

diagnosis of_down_host(const diagnosis& found) { return {.why = reason::host_down, .message = found.message}; }

}  // namespace

failure_policy::failure_policy(options chosen, entry enter)
    : options_(std::move(chosen)),
      enter_(std::move(enter)),
      refusals_({.names_hosts = options_.names_hosts, .asks_twice = options_.asks_twice, .pause = 2 * options_.backoff},
                {.enter = enter_,
                 .leave_pending = [this](const diagnosis& why) { left_pending_ = why; },
                 .stop = [this](const diagnosis& why) { stop(why); },
                 .warn = [this](const std::string& line) { say(severity::warning, line); }})
{
}

void failure_policy::served(const std::string& host, const std::string& video)
{
    answered(host);
    refusals_.served(host, video);
}

verdict failure_policy::judge(const failure& f)
{
    const auto* const job = f.as<job_failed>();
    if (!job) return verdict::stop();  // no stage failed, the run itself did
    diagnosis found = options_.names_hosts ? of_one_host(diagnose(job->cause)) : diagnose(job->cause);
    const bool is_refusal = !job->clip && refusals_.concerns(found);
    if (found.host.empty() && (found.of_host || is_refusal)) found.host = host_of_media(*job->video);
    if (found.not_sent) return down_.contains(found.host) ? leave_pending(of_down_host(found)) : wait_for_host(found);
    const unsigned attempt = attempts_of(f, *job);
    const reason_class what = class_of(found.why);
    if (options_.attempted && found.why != reason::interrupted) options_.attempted(attempt_of(*job, found, attempt));
    if (!found.host.empty() && what != reason_class::retry && what != reason_class::global) answered(found.host);

    if (found.contradicts && !found.host.empty()) refusals_.contradicted(*job->video, found.host);
    const bool is_down = found.fault != site_fault::none && down_.contains(found.host);
    if (is_down && !has_answered_beside(found.host)) return leave_pending(of_down_host(found));

    const bool may_pass =
        what == reason_class::retry || found.why == reason::rate_limited || found.why == reason::no_network;
    if (may_pass && !found.final && f.attempts > 1 && attempt < options_.attempts) {
        if (is_ending()) return verdict::drain();  // its clips stay pending, with attempts left
        return verdict::retry(pause_before(attempt, options_.backoff, found.retry_after));
    }
    if (is_refusal && !found.host.empty()) {
        refusals_.add({*job, found, attempt});
        return drop_or_drain();
    }

    if (found.fault != site_fault::none && ++unanswered_ >= long_ago) answering_.clear();
    const bool is_hosts_own =
        options_.names_hosts && found.why == reason::rate_limited && found.fault != site_fault::none;
    if (!is_hosts_own && (what == reason_class::global || found.why == reason::resolver_missing)) {
        if (found.why != reason::interrupted) stop(found);
        return verdict::drain();  // its clips stay pending
    }
    if (found.fault != site_fault::none && !has_answered_beside(found.host)) {
        suspect({*job, found, attempt});
        return drop_or_drain();
    }
    if (found.fault != site_fault::none && ++faults_in_a_row_[found.host] == down_in_a_row) {
        down_.insert(found.host);
        say(severity::warning, fmt::format("{} ({}); clips that wait for this host stay pending",
                                           explain(reason::host_down), found.message));
    }
    enter_({*job, found, attempt});
    const bool broken = found.why == reason::extractor_outdated && ++outdated_ >= outdated_in_a_row;
    if (broken) stop(found);
    if (found.site) stop({.why = *found.site, .message = found.message});
    return drop_or_drain();
}

// Requests count, not items that came back without one.
unsigned failure_policy::attempts_of(const failure& f, const job_failed& job) const
{
    if (f.stage == "resolve") return std::max(job.video->resolve_attempts, 1u);
    if (f.stage == "fetch") return std::max(job.video->fetch_attempts, 1u);
    return f.attempt;
}

// A host that wants to be left alone has failed nobody.
verdict failure_policy::wait_for_host(const diagnosis& found)
{
    if (is_ending()) return verdict::drain();
    if (found.retry_after && *found.retry_after <= max_pause)
        return verdict::retry(pause_before(1, options_.backoff, found.retry_after));
    if (options_.names_hosts) return leave_pending(of_down_host(found));
    stop(found);
    return verdict::drain();
}

void failure_policy::say(severity how, const std::string& line) const
{
    if (options_.say) options_.say(how, line);
}

void failure_policy::stop(const diagnosis& why)
{
    if (stop_reason_) return;
    stop_reason_ = why;
    stopped_ = true;
    say(severity::error, fmt::format("stopping: {} ({})", explain(why.why), why.message));
}

// One video says nothing of its host, several in a row do. Where another host answers, the network is fine and the run
// has something to do: then a host that is down costs its own videos only.
void failure_policy::suspect(failed_job failed)
{
    const diagnosis found = failed.found;
    const auto of_host = [&](const failed_job& each) { return each.found.host == found.host; };
    undecided_.push_back(std::move(failed));
    silent_.insert(found.host);
    if (static_cast<std::size_t>(std::ranges::count_if(undecided_, of_host)) >= down_in_a_row) {
        std::erase_if(undecided_, of_host);  // their clips stay pending
        down_.insert(found.host);
        leave_pending(of_down_host(found));
        if (options_.names_hosts && found.host != site_itself && silent_.size() < max_silent) {
            say(severity::warning,
                fmt::format("{} ({}); its clips stay pending", explain(reason::host_down), found.message));
            return;
        }
    } else if (options_.names_hosts ? silent_.size() < max_silent : undecided_.size() < down_in_a_row) {
        return;
    }
    undecided_.clear();
    stop({.why = reason::host_down, .message = found.message});
}

verdict failure_policy::leave_pending(diagnosis why)
{
    left_pending_ = std::move(why);
    return drop_or_drain();
}

void failure_policy::answered(std::string_view host)
{
    const bool is_site = host == site_itself;
    for (failed_job& each : std::exchange(undecided_, {})) {
        if ((each.found.host == site_itself) == is_site)
            enter_(each);
        else
            undecided_.push_back(std::move(each));
    }
    down_.erase(std::string(host));
    faults_in_a_row_.erase(std::string(host));
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
    const std::vector<failed_job> left = std::exchange(undecided_, {});
    if (stop_reason_) {
        refusals_.decide_known();
        return;
    }
    // A host that accepts no connection is down whatever it was to be asked; a server error may be the one file's.
    for (const failed_job& each : left) {
        if (each.found.fault == site_fault::no_connection)
            stop({.why = reason::host_down, .message = each.found.message});
        else
            enter_(each);
    }
    refusals_.end(draining_);
    if (left_pending_) stop(*left_pending_);
}

}  // namespace reelpipe
