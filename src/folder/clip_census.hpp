#ifndef REELPIPE_FOLDER_CLIP_CENSUS_HPP
#define REELPIPE_FOLDER_CLIP_CENSUS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/database.hpp"

namespace reelpipe {

// What one pass over all clips of a ledger finds.
struct clip_census {
    struct label_counts {
        std::uint64_t stored = 0, failed = 0;
    };
    // Something that happened at a time: seconds since 1970.
    struct moment {
        std::int64_t at = 0;
        std::uint64_t stored = 0, failed = 0, fetched = 0;
    };
    struct failed_clip {
        std::string id{}, label{}, reason{}, message{}, recorded{};
        std::int64_t attempts = 0, run = 0;
    };
    struct stored_clip {
        std::string id{}, label{}, file{}, streams{};
        double duration_s = 0;
        std::string oddity{};  // empty: it was drawn by chance
    };

    std::uint64_t videos = 0;
    std::uint64_t fetched = 0;                      // bytes
    std::uint64_t fetched_of_known = 0, whole = 0;  // of videos whose whole files' size is known, and that size
    double resolve_s = 0, fetch_s = 0, cut_s = 0, verify_s = 0, store_s = 0;
    std::vector<moment> moments{};
    std::unordered_map<std::string, label_counts> labels{};

    // Of the stored clips; a file that several labels share counts once
    std::vector<float> lengths_s{}, kilobytes{}, frame_rates{};
    std::map<std::string, std::uint64_t> frame_sizes{}, codecs{};
    std::uint64_t silent = 0, bytes = 0;
    double duration_s = 0;

    // Samples
    std::vector<failed_clip> failures{};
    std::vector<stored_clip> drawn{}, odd{};
};

struct census_limits {
    std::size_t failures = 5000;
    std::size_t drawn = 48;
    std::size_t odd = 8;  // of each kind
};

// Throws database_error; the ledger is of a version that says which clips are short.
clip_census take_census(database&, const census_limits&);

}  // namespace reelpipe

#endif
