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
constexpr std::size_t suspicious_in_a_row = 20;  // videos of one host that it does not serve
constexpr std::size_t max_held = 1000;
constexpr std::size_t decided_at_once = 16;
constexpr std::uint64_t few_retracted = 3;
constexpr double retracted_part = 0.12;    // of what a host serves: twice in a row by accident is then one in 70
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

// The bytes of a video say so, and they may have come damaged.
bool is_of_bytes(reason why) { return why == reason::corrupt || why == reason::too_large; }

// Drops the fetched files of a job that nobody works at, and keeps the rest of it.
void let_go_of_files(video_job& video)
{
    video.held.files.clear();
    video.held.playlists.reset();
    video.held.disk.reset();
    video.fetched = {};
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

diagnosis of_fickle_host(const diagnosis& found)
{
    return {.why = reason::rate_limited,
            .message = fmt::format("{} refuses what it serves when it is asked again ({}); fewer --connections or a "
                                   "lower --request-rate may suit it",
                                   found.host, found.message)};
}

std::chrono::milliseconds second_request_after(std::chrono::milliseconds backoff) { return 2 * backoff; }

}  // namespace

verdict failure_policy::judge(const failure& f)
{
    const auto* const job = f.as<job_failed>();
    if (!job) return verdict::stop();  // no stage failed, the run itself did
    diagnosis found = options_.names_hosts ? of_one_host(diagnose(job->cause)) : diagnose(job->cause);
    if (found.host.empty() && (found.of_host || is_of_bytes(found.why))) found.host = host_of_media(*job->video);
    if (found.not_sent) return down_.contains(found.host) ? leave_pending(of_down_host(found)) : wait_for_host(found);
    const unsigned attempt = attempts_of(f, *job);
    const reason_class what = class_of(found.why);
    if (options_.attempted && found.why != reason::interrupted) options_.attempted(attempt_of(*job, found, attempt));
    if (!found.host.empty() && what != reason_class::retry && what != reason_class::global) answered(found.host);

    if (found.contradicts && !found.host.empty()) retracted(found.host);
    const bool is_down = found.fault != site_fault::none && down_.contains(found.host);
    if (is_down && !has_answered_beside(found.host)) return leave_pending(of_down_host(found));

    const bool may_pass =
        what == reason_class::retry || found.why == reason::rate_limited || found.why == reason::no_network;
    if (may_pass && !found.final && f.attempts > 1 && attempt < options_.attempts) {
        if (is_ending()) return verdict::drain();  // its clips stay pending, with attempts left
        return verdict::retry(pause_before(attempt, options_.backoff, found.retry_after));
    }
    if (is_final(found.why) && !found.site && !job->clip && !found.host.empty()) {
        if (is_asked_twice(found)) return doubt_refusal(*job, found, attempt);
        if (found.of_host) return hold(*job, found, attempt);
    }

    if (found.fault != site_fault::none && ++unanswered_ >= long_ago) answering_.clear();
    const bool is_hosts_own =
        options_.names_hosts && found.why == reason::rate_limited && found.fault != site_fault::none;
    if (!is_hosts_own && (what == reason_class::global || found.why == reason::resolver_missing)) {
        if (found.why != reason::interrupted) stop(found);
        return verdict::drain();  // its clips stay pending
    }
    if (found.fault != site_fault::none && !has_answered_beside(found.host)) {
        suspect(*job, found, attempt);
        return drop_or_drain();
    }
    if (found.fault != site_fault::none && ++faults_in_a_row_[found.host] == down_in_a_row) {
        down_.insert(found.host);
        say(severity::warning, fmt::format("{} ({}); clips that wait for this host stay pending",
                                           explain(reason::host_down), found.message));
    }
    enter_(*job, found, attempt);
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

// Where the list names no hosts, those that serve its videos are of one site, however many they are. What finds videos
// speaks for itself alone.
failure_policy::testimony& failure_policy::testimony_of(const std::string& host) { return testimonies_[key_of(host)]; }

std::string failure_policy::key_of(const std::string& host) const
{
    return options_.names_hosts || host == site_itself ? host : std::string();
}

verdict failure_policy::hold(const job_failed& job, const diagnosis& found, unsigned attempts)
{
    testimony& of_host = testimony_of(found.host);
    let_go_of_files(*job.video);
    of_host.held.push_back({job, found, attempts});
    check_row(of_host.held.size(), found);
    return drop_or_drain();
}

// Of so many refusals in a row.
void failure_policy::check_row(std::size_t in_a_row, const diagnosis& found)
{
    if (in_a_row == suspicious_in_a_row)
        say(severity::warning,
            fmt::format(
                "{} videos in a row were refused by {} ({}); their failures are recorded only once it serves one",
                suspicious_in_a_row, found.host, found.message));
    if (in_a_row >= max_held) stop({.why = reason::nothing_served, .message = found.message});
}

// Sites are asked slowly, and say more than a status.
bool failure_policy::is_asked_twice(const diagnosis& found) const
{
    return options_.asks_twice && found.host != site_itself && (found.of_host || is_of_bytes(found.why));
}

verdict failure_policy::doubt_refusal(const job_failed& job, const diagnosis& found, unsigned attempts)
{
    testimony& of_host = testimony_of(found.host);
    std::optional<std::uint64_t>& refused_after = job.video->refused_after;
    const bool is_second = refused_after.has_value();
    if (is_second && (of_host.serves > *refused_after || !found.of_host)) {
        of_host.confirmed.push_back({job, found, attempts});
        if (!found.of_host || of_host.confirmed.size() >= decided_at_once) decide(of_host);
        return drop_or_drain();
    }
    if (!is_second) refused_after = of_host.serves;
    let_go_of_files(*job.video);
    refused_.push_back({{job, found, attempts}, std::chrono::steady_clock::now(), is_second});
    if (!found.of_host) return drop_or_drain();
    ++of_host.refused;
    check_row(++of_host.refused_in_a_row, found);
    return drop_or_drain();
}

// Where much of what a host serves was refused at first, its refusals are about how much it is asked for, or about its
// own state. Where little was, two refusals of one video are no accident.
void failure_policy::decide(testimony& said)
{
    const bool is_fickle = said.retracted >= few_retracted &&
                           static_cast<double>(said.retracted) > retracted_part * static_cast<double>(said.serves);
    for (const undecided& each : std::exchange(said.confirmed, {})) {
        if (is_fickle && each.found.of_host)
            leave_pending(of_fickle_host(each.found));
        else
            enter_(each.job, each.found, each.attempts);
    }
}

video_ptr failure_policy::ready_to_ask_again()
{
    constexpr std::ptrdiff_t few = 16;  // behind those that wait for their hosts there may be others
    const auto latest = std::chrono::steady_clock::now() - second_request_after(options_.backoff);
    const auto end = refused_.begin() + std::min(few, std::ssize(refused_));
    const auto ready = std::find_if(refused_.begin(), end, [&](const refusal& each) {
        if (each.at > latest) return false;
        return !each.of.found.of_host || testimony_of(each.of.found.host).serves > *each.of.job.video->refused_after;
    });
    if (ready == end) return nullptr;
    video_ptr video = ready->of.job.video;
    if (ready->of.found.of_host) --testimony_of(ready->of.found.host).refused;
    refused_.erase(ready);
    return video;
}

std::vector<failure_policy::second_request> failure_policy::take_refused()
{
    std::vector<second_request> taken;
    if (is_ending()) return taken;
    std::deque<refusal> in_doubt;
    for (refusal& each : refused_) {
        if (!each.of.found.of_host || is_believed(testimony_of(each.of.found.host)))
            taken.push_back({each.of.job.video, each.at + second_request_after(options_.backoff)});
        else
            in_doubt.push_back(std::move(each));
    }
    refused_ = std::move(in_doubt);
    for (auto& [host, said] : testimonies_) said.refused = 0;
    for (const refusal& each : refused_) ++testimony_of(each.of.found.host).refused;
    return taken;
}

void failure_policy::served(const std::string& host, const std::string& video)
{
    answered(host);
    has_served_ |= host != site_itself;
    testimony& of_host = testimony_of(host);
    of_host.served = video;
    ++of_host.serves;
    of_host.refused_in_a_row = 0;
    for (const undecided& each : std::exchange(of_host.held, {})) enter_(each.job, each.found, each.attempts);
}

std::vector<failure_policy::doubt> failure_policy::doubts() const
{
    std::vector<doubt> all;
    for (const auto& [host, said] : testimonies_)
        if (!said.held.empty() && !is_believed(said)) all.push_back({said.held.front().found.host, said.served});
    std::set<const testimony*> listed;
    for (const refusal& each : refused_) {
        const auto of_host = testimonies_.find(key_of(each.of.found.host));
        if (of_host == testimonies_.end() || is_believed(of_host->second)) continue;
        if (listed.insert(&of_host->second).second) all.push_back({each.of.found.host, of_host->second.served});
    }
    return all;
}

// A few videos that a host does not have are no surprise while it serves others. One or two dead links say nothing bad
// about a host that was asked for nothing else. If each URL has a host of its own and none has served, the fault may
// lie on the way to all of them.
bool failure_policy::is_believed(const testimony& said) const
{
    if (!said.served.empty()) return said.held.size() < suspicious_in_a_row && said.refused_in_a_row == 0;
    std::size_t all = 0;
    for (const auto& [host, each] : testimonies_) all += each.held.size() + each.refused;
    const bool may_be_all = options_.names_hosts && !has_served_ && all >= down_in_a_row;
    return !may_be_all && said.held.size() + said.refused < down_in_a_row;
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
void failure_policy::suspect(const job_failed& job, const diagnosis& found, unsigned attempts)
{
    const auto of_host = [&](const undecided& each) { return each.found.host == found.host; };
    undecided_.push_back({job, found, attempts});
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
    for (undecided& each : std::exchange(undecided_, {})) {
        if ((each.found.host == site_itself) == is_site)
            enter_(each.job, each.found, each.attempts);
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
    const std::vector<undecided> left = std::exchange(undecided_, {});
    if (stop_reason_) return;
    // A host that accepts no connection is down whatever it was to be asked; a server error may be the one file's.
    for (const undecided& each : left) {
        if (each.found.fault == site_fault::no_connection)
            stop({.why = reason::host_down, .message = each.found.message});
        else
            enter_(each.job, each.found, each.attempts);
    }
    for (auto& [host, said] : testimonies_) {
        const bool believed = is_believed(said);
        for (const undecided& each : std::exchange(said.held, {})) {
            if (believed)
                enter_(each.job, each.found, each.attempts);
            else
                stop({.why = reason::nothing_served, .message = each.found.message});
        }
    }
    end_refused();
    for (auto& [host, said] : testimonies_) decide(said);
    if (left_pending_) stop(*left_pending_);
}

// Those that nobody asked for once more: their host has served nothing since, or the run was to end.
void failure_policy::end_refused()
{
    for (const refusal& each : std::exchange(refused_, {})) {
        const bool is_known = !each.of.found.of_host || each.is_second;
        if (is_known && is_believed(testimony_of(each.of.found.host)))
            enter_(each.of.job, each.of.found, each.of.attempts);
        else if (!draining_)
            stop({.why = reason::nothing_served, .message = each.of.found.message});
    }
}

}  // namespace reelpipe
