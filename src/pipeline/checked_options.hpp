#ifndef REELPIPE_PIPELINE_CHECKED_OPTIONS_HPP
#define REELPIPE_PIPELINE_CHECKED_OPTIONS_HPP

#include <set>

#include "reelpipe/download_options.hpp"
#include "reelpipe/outcome.hpp"
#include "stages/cut/cut.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

// Storing waits for the disk, not for a core. The system writes several clips in about the time of one.
inline constexpr std::size_t stores_at_once = 8;

// The options of a run, checked and completed, in the forms that the stages take.
struct checked_options {
    // Throws usage_error for options that cannot work. Uses no network and writes nothing.
    explicit checked_options(download_options);

    download_options asked;  // with every default filled in
    store::trim_format trim;
    cut::options cut;
    std::set<reason> retry;  // failures of earlier runs that are asked for again
};

}  // namespace reelpipe

#endif
