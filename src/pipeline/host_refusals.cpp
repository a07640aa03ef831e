#include "pipeline/host_refusals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace reelpipe {

namespace {

constexpr std::size_t few_in_a_row = 3;  // videos: fewer may well be dead, though their host serves nothing else
constexpr std::size_t suspicious_in_a_row = 20;
constexpr std::size_t max_held = 1000;
constexpr std::size_t decided_at_once = 16;
constexpr std::uint64_t few_retracted = 3;
constexpr double retracted_part = 0.12;  // of what a host serves: twice in a row by accident is then one in 70

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

diagnosis of_fickle_host(const diagnosis& found)
{
    return {.why = reason::rate_limited,
            .message = fmt::format("{} refuses what it serves when it is asked again ({}); fewer --connections or a "
                                   "lower --request-rate may suit it",
                                   found.host, found.message)};
}

}  // namespace

bool host_refusals::concerns(const diagnosis& found) const
{
    return is_final(found.why) && !found.site && (found.of_host || (options_.asks_twice && is_of_bytes(found.why)));
}

void host_refusals::add(failed_job refused)
{
    let_go_of_files(*refused.job.video);
    if (is_asked_twice(refused.found))
        doubt_first(std::move(refused));
    else
        hold(std::move(refused));
}

// Sites are asked slowly, and say more than a status.
bool host_refusals::is_asked_twice(const diagnosis& found) const
{
    return options_.asks_twice && found.host != site_itself;
}

void host_refusals::hold(failed_job refused)
{
    testimony& of_host = testimony_of(refused.found.host);
    of_host.held.push_back(std::move(refused));
    check_row(of_host.held.size(), of_host.held.back().found);
}

void host_refusals::doubt_first(failed_job refused)
{
    const diagnosis found = refused.found;
    testimony& of_host = testimony_of(found.host);
    std::optional<std::uint64_t>& refused_after = refused.job.video->refused_after;
    const bool is_second = refused_after.has_value();
    if (is_second && (of_host.serves > *refused_after || !found.of_host)) {
        of_host.confirmed.push_back(std::move(refused));
        if (!found.of_host || of_host.confirmed.size() >= decided_at_once) decide(of_host);
        return;
    }
    if (!is_second) refused_after = of_host.serves;
    refused_.push_back({std::move(refused), std::chrono::steady_clock::now(), is_second});
    if (!found.of_host) return;
    ++of_host.refused;
    check_row(++of_host.refused_in_a_row, found);
}

// Of so many refusals in a row.
void host_refusals::check_row(std::size_t in_a_row, const diagnosis& found)
{
    if (in_a_row == suspicious_in_a_row)
        decide_.warn(fmt::format(
            "{} videos in a row were refused by {} ({}); their failures are recorded only once it serves one",
            suspicious_in_a_row, found.host, found.message));
    if (in_a_row >= max_held) decide_.stop({.why = reason::nothing_served, .message = found.message});
}

// Where much of what a host serves was refused at first, its refusals are about how much it is asked for, or about its
// own state. Where little was, two refusals of one video are no accident.
void host_refusals::decide(testimony& said)
{
    const bool is_fickle = said.retracted >= few_retracted &&
                           static_cast<double>(said.retracted) > retracted_part * static_cast<double>(said.serves);
    for (const failed_job& each : std::exchange(said.confirmed, {})) {
        if (is_fickle && each.found.of_host)
            decide_.leave_pending(of_fickle_host(each.found));
        else
            decide_.enter(each);
    }
}

void host_refusals::served(const std::string& host, const std::string& video)
{
    has_served_ |= host != site_itself;
    testimony& of_host = testimony_of(host);
    of_host.served = video;
    ++of_host.serves;
    of_host.refused_in_a_row = 0;
    for (const failed_job& each : std::exchange(of_host.held, {})) decide_.enter(each);
}

video_ptr host_refusals::ready_to_ask_again()
{
    constexpr std::ptrdiff_t few = 16;  // behind those that wait for their hosts there may be others
    const auto latest = std::chrono::steady_clock::now() - options_.pause;
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

std::vector<host_refusals::second_request> host_refusals::take_all()
{
    std::vector<second_request> taken;
    std::deque<refusal> in_doubt;
    for (refusal& each : refused_) {
        if (!each.of.found.of_host || is_believed(testimony_of(each.of.found.host)))
            taken.push_back({each.of.job.video, each.at + options_.pause});
        else
            in_doubt.push_back(std::move(each));
    }
    refused_ = std::move(in_doubt);
    for (auto& [host, said] : testimonies_) said.refused = 0;
    for (const refusal& each : refused_) ++testimony_of(each.of.found.host).refused;
    return taken;
}

std::vector<host_refusals::doubt> host_refusals::doubts() const
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
bool host_refusals::is_believed(const testimony& said) const
{
    if (!said.served.empty()) return said.held.size() < suspicious_in_a_row && said.refused_in_a_row == 0;
    std::size_t all = 0;
    for (const auto& [host, each] : testimonies_) all += each.held.size() + each.refused;
    const bool may_be_all = options_.names_hosts && !has_served_ && all >= few_in_a_row;
    return !may_be_all && said.held.size() + said.refused < few_in_a_row;
}

void host_refusals::end(bool is_early)
{
    for (auto& [host, said] : testimonies_) {
        const bool believed = is_believed(said);
        for (const failed_job& each : std::exchange(said.held, {})) {
            if (believed)
                decide_.enter(each);
            else
                decide_.stop({.why = reason::nothing_served, .message = each.found.message});
        }
    }
    // Those whose host has served nothing since, and, where the run ends early, those that nobody asked for once more.
    for (const refusal& each : std::exchange(refused_, {})) {
        const bool is_known = !each.of.found.of_host || each.is_second;
        if (is_known && is_believed(testimony_of(each.of.found.host)))
            decide_.enter(each.of);
        else if (!is_early)
            decide_.stop({.why = reason::nothing_served, .message = each.of.found.message});
    }
    for (auto& [host, said] : testimonies_) decide(said);
}

// Where the list names no hosts, those that serve its videos are of one site, however many they are. What finds videos
// speaks for itself alone.
host_refusals::testimony& host_refusals::testimony_of(const std::string& host) { return testimonies_[key_of(host)]; }

std::string host_refusals::key_of(const std::string& host) const
{
    return options_.names_hosts || host == site_itself ? host : std::string();
}

}  // namespace reelpipe
