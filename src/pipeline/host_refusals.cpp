#include "pipeline/host_refusals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
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
constexpr double retracted_part = 0.05;  // of what a host serves: twice in a row by accident is then one in 400

// The bytes of a video say so, and they may have come damaged.
bool is_of_bytes(reason why)
{
    return why == reason::corrupt || why == reason::too_large || why == reason::no_video_stream;
}

// Drops the fetched files of a job that nobody works at, and keeps the rest of it.
void let_go_of_files(video_job& video)
{
    video.held.files.clear();
    video.held.playlists.reset();
    video.held.disk.reset();
    video.fetched = {};
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
    check_row(of_host, of_host.held.size(), of_host.held.back().found);
}

void host_refusals::doubt_first(failed_job refused)
{
    const diagnosis found = refused.found;
    testimony& of_host = testimony_of(found.host);
    std::optional<first_refusal>& first = refused.job.video->refused;
    const bool is_second = first && key_of(first->host) == key_of(found.host);
    if (is_second && !found.of_host) {
        decide_.enter(refused);
        return;
    }
    if (!is_second) first = {found.host, of_host.serves};
    const bool is_confirmed = is_second && of_host.serves > first->after;
    if (is_confirmed)
        of_host.confirmed.push_back(std::move(refused));
    else
        refused_.push_back({std::move(refused), std::chrono::steady_clock::now(), is_second});
    if (!found.of_host) return;
    if (!is_confirmed) ++of_host.refused;
    check_row(of_host, ++of_host.refused_in_a_row, found);
}

// Of so many refusals in a row.
void host_refusals::check_row(testimony& said, std::size_t in_a_row, const diagnosis& found)
{
    if (in_a_row == suspicious_in_a_row && !std::exchange(said.is_told, true))
        decide_.warn(fmt::format(
            "{} videos in a row were refused by {} ({}); their failures are recorded only once it serves one",
            suspicious_in_a_row, found.host, found.message));
    has_long_row_ |= in_a_row % long_row == 0 && std::has_single_bit(in_a_row / long_row);
    if (in_a_row >= max_held) decide_.stop({.why = reason::nothing_served, .message = found.message});
}

// The host has served something since. Where much of what it serves was refused at first, its refusals are about how
// much it is asked for, or about its own state. Where little was, two refusals of one video are no accident.
void host_refusals::decide(testimony& said)
{
    const bool is_unreliable = said.retracted >= few_retracted &&
                               static_cast<double>(said.retracted) > retracted_part * static_cast<double>(said.serves);
    for (const failed_job& each : std::exchange(said.confirmed, {})) {
        if (is_unreliable)
            decide_.leave_pending({.why = reason::unreliable, .message = each.found.message});
        else
            decide_.enter(each);
    }
}

void host_refusals::decide_known()
{
    for (auto& [host, said] : testimonies_)
        if (said.refused_in_a_row == 0) decide(said);
}

void host_refusals::served(const std::string& host, const std::string& video)
{
    has_served_ |= host != site_itself;
    testimony& of_host = testimony_of(host);
    of_host.served = video;
    ++of_host.serves;
    of_host.refused_in_a_row = 0;
    for (const failed_job& each : std::exchange(of_host.held, {})) decide_.enter(each);
    if (of_host.confirmed.size() >= decided_at_once) decide(of_host);
}

void host_refusals::served_at_last(video_job& video)
{
    if (const auto first = std::exchange(video.refused, {})) ++testimony_of(first->host).retracted;
}

void host_refusals::contradicted(video_job& video, const std::string& host)
{
    if (!std::exchange(video.is_contradicted, true)) ++testimony_of(host).retracted;
}

video_ptr host_refusals::ready_to_ask_again()
{
    constexpr std::size_t few = 16;  // to look at for each video of the list; those that are not ready go to the end
    const auto latest = std::chrono::steady_clock::now() - options_.pause;
    for (std::size_t looks = std::min(few, refused_.size()); looks > 0; --looks) {
        refusal each = std::move(refused_.front());
        refused_.pop_front();
        const diagnosis& found = each.of.found;
        const bool has_served_since = testimony_of(found.host).serves > each.of.job.video->refused->after;
        if (each.at <= latest && (has_served_since || !found.of_host)) {
            if (found.of_host) --testimony_of(found.host).refused;
            return each.of.job.video;
        }
        refused_.push_back(std::move(each));
    }
    return nullptr;
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

std::vector<host_refusals::doubt> host_refusals::doubts(std::size_t in_a_row) const
{
    std::vector<doubt> all;
    std::set<const testimony*> listed;
    const auto add = [&](const testimony& said, const diagnosis& found) {
        const bool is_in_doubt = !is_believed(said) && std::max(said.held.size(), said.refused_in_a_row) >= in_a_row;
        if (is_in_doubt && listed.insert(&said).second) all.push_back({found.host, said.served});
    };
    for (const auto& [host, said] : testimonies_) {
        if (!said.held.empty()) add(said, said.held.front().found);
        if (!said.confirmed.empty()) add(said, said.confirmed.front().found);
    }
    for (const refusal& each : refused_)
        if (each.of.found.of_host) add(testimonies_.at(key_of(each.of.found.host)), each.of.found);
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
        if (each.is_second && is_believed(testimony_of(each.of.found.host)))
            decide_.enter(each.of);
        else if (!is_early)
            decide_.stop({.why = reason::nothing_served, .message = each.of.found.message});
    }
    decide_known();
    for (const auto& [host, said] : testimonies_)
        if (!said.confirmed.empty() && !is_early)
            decide_.stop({.why = reason::nothing_served, .message = said.confirmed.front().found.message});
}

// Where the list names no hosts, those that serve its videos are of one site, however many they are. What finds videos
// speaks for itself alone.
host_refusals::testimony& host_refusals::testimony_of(const std::string& host) { return testimonies_[key_of(host)]; }

std::string host_refusals::key_of(const std::string& host) const
{
    return options_.names_hosts || host == site_itself ? host : std::string();
}

}  // namespace reelpipe
