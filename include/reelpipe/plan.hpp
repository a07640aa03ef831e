#ifndef REELPIPE_PLAN_HPP
#define REELPIPE_PLAN_HPP

#include <cstdint>
#include <string>

#include <reelpipe/download.hpp>

namespace reelpipe {

// The work that a run with these options has to do.
struct download_plan {
    std::uint64_t rows = 0, bad_rows = 0, duplicates = 0;
    std::uint64_t clips = 0, videos = 0;
    std::uint64_t stored = 0;  // as the ledger of the output folder says; files are not looked at
    std::uint64_t failed = 0;  // for good, or until it is asked for with --retry
    std::uint64_t clips_left = 0, videos_left = 0;
    double resolves_per_hour = 0;  // 0: without bounds
    std::string quota_time{};      // what the site's quota makes of the videos that are left: "34 days"
    // The same if the site counts player requests, and each video takes as many as it may; empty: it is not YouTube.
    std::string player_quota_time{};
};

// Reads the lists, and the ledger of the output folder if one is named and there; asks nobody and writes no file.
// Throws usage_error.
download_plan plan(const download_options&);

}  // namespace reelpipe

#endif
