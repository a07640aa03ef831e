#ifndef REELPIPE_FOLDER_REPORT_HPP
#define REELPIPE_FOLDER_REPORT_HPP

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <reelpipe/copy_counts.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// A summary of the ledger of an output folder, over all runs.
struct folder_report {
    struct failures {
        reason why = reason::unknown;
        std::uint64_t count = 0;
        std::string example{};  // the id of a clip
        std::string message{};  // what was said of it
    };
    struct shorter_clip {
        std::string id{};
        double missing_s = 0;
    };
    struct run {
        std::string started{}, ended{};  // UTC, "2025-11-25 07:30:00"; not ended: killed, or still at work
        std::string ending{};            // complete, interrupted, cancelled, or the reason that stopped it
        std::string reelpipe{};          // version
        std::string resolver{};          // "yt-dlp 2025.11.12", or empty
        std::string options{};           // JSON, those that shape the clips
        std::uint64_t outcomes = 0;      // that still hold
    };

    std::uint64_t stored = 0;
    std::uint64_t bytes = 0, frames = 0;  // of the stored clips
    copy_counts copies{};
    std::vector<shorter_clip> shorter{};           // of these: than was asked for
    std::vector<failures> failed{};                // by reason, the most frequent first
    std::map<std::string, std::string> options{};  // that the folder remembers, as the command line spells them
    std::vector<run> runs{};                       // the last ones, the latest first
};

// Reads the ledger, also while a run is at work, and changes nothing. Throws usage_error when there is none in the
// folder, or none that this version can read.
folder_report report_on(const std::filesystem::path& folder);

}  // namespace reelpipe

#endif
