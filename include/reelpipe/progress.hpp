#ifndef REELPIPE_PROGRESS_HPP
#define REELPIPE_PROGRESS_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <reelpipe/copy_counts.hpp>
#include <reelpipe/outcome.hpp>
#include <reelpipe/pipeline.hpp>

namespace reelpipe {

// The progress of a run. Each clip is counted once: clips = stored + exists + failed + those still to come.
struct progress {
    std::uint64_t clips = 0, videos = 0;
    std::uint64_t stored = 0;   // made by this run
    std::uint64_t exists = 0;   // there before, and verified
    std::uint64_t shorter = 0;  // of stored and exists: than was asked for
    std::uint64_t failed = 0;
    std::uint64_t failed_before = 0;  // of these: in an earlier run, and not asked for again
    std::map<reason, std::uint64_t> failures{}, failures_before{};  // by reason: of `failed`, of `failed_before`
    copy_counts copies{};                                           // of the stored ones
    std::uint64_t fetched = 0;                                      // bytes received
    std::size_t cutting = 0, jobs = 0;
    double elapsed_s = 0;
    double resolves_per_hour = 0;        // more videos than this are not asked for; 0: without bounds
    std::optional<reason> held_up_by{};  // no video is asked for until this has passed
    std::size_t under_way = 0;           // clips whose videos were begun, at most
    bool draining = false;
};

// The result of a run.
struct download_summary {
    progress totals{};
    std::uint64_t pending = 0;  // clips whose turn did not come; the next run goes on with them
    ending end = ending::complete;
    std::optional<reason> stopped_by{};  // a condition of the site, the network, the disk or the installation
    std::string stop_message{};
    std::uint64_t bad_rows = 0, duplicates = 0;
    std::map<reason, std::string> examples{};  // "clip id: what was said" for each reason of totals.failures
    std::vector<stage_stats> stages{};
    std::filesystem::path report{};
    std::filesystem::path shorter_list{};  // of the clips that totals.shorter counts; empty: there are none
};

}  // namespace reelpipe

#endif
