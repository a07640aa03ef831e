#ifndef REELPIPE_PIPELINE_REPORT_HPP
#define REELPIPE_PIPELINE_REPORT_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace reelpipe {
inline namespace v1 {

// Counts and times of a stage so far. If it makes one item of one: in == out + filtered + failed + retried, apart from
// what it has in hand. For any stage: busy_s + starved_s + blocked_s <= workers * wall_s.
struct stage_stats {
    std::string name;
    std::uint64_t in = 0;        // attempts begun
    std::uint64_t out = 0;       // items sent on; for a sink: items it took
    std::uint64_t failed = 0;    // items given up
    std::uint64_t retried = 0;   // attempts that are made again
    std::uint64_t filtered = 0;  // items left out by a function that returned an empty optional
    std::size_t workers = 0;
    double busy_s = 0;     // in the function, its waiting included; cpu stages: on the pool only
    double starved_s = 0;  // waiting for an item
    double blocked_s = 0;  // waiting for room behind the stage, in order for its turn; a source: to admit an item, too
    std::size_t queued = 0;
    std::size_t queued_peak = 0;
    std::size_t queue = 0;                          // the limit
    std::map<std::string, std::uint64_t> counters;  // what the functions counted: context::count
};

enum class ending { complete, drained, cancelled };

struct report {
    std::vector<stage_stats> stages;  // in the order of the pipeline, the source first
    std::uint64_t admitted = 0;       // items that the source sent
    std::uint64_t finished = 0;       // of those: everything that came of them went to its end
    std::uint64_t failed = 0;         // of those: something that came of them was given up, before a cancel() as well
    std::size_t max_in_flight = 0;    // items of the source that might be on their way at once
    double held_back_s = 0;           // in which as many were: the source waited for one of them to come to its end
    double wall_s = 0;
    ending end = ending::complete;
};

// The stage that holds up the others: the one whose workers are busy for the largest part of the time. If even they
// are starved for longer than busy, items come too slowly, and it is the one in front of it that has them for longest:
// a stage that waits for a network has workers in plenty, few of them busy. Points into `stages`; nullptr if nothing
// ran.
inline const stage_stats* bottleneck(const std::vector<stage_stats>& stages)
{
    const auto load = [](const stage_stats& s) { return s.busy_s / static_cast<double>(s.workers); };
    const stage_stats* most = nullptr;
    for (const stage_stats& s : stages)
        if (s.busy_s > 0 && (!most || load(s) > load(*most))) most = &s;
    if (!most || most->starved_s <= most->busy_s) return most;
    const stage_stats* slowest = most;
    for (const stage_stats* s = stages.data(); s != most; ++s)
        if (s->busy_s > slowest->busy_s) slowest = s;
    return slowest;
}

}  // namespace v1
}  // namespace reelpipe

#endif
