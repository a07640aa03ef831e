#ifndef REELPIPE_PIPELINE_LIST_INTAKE_HPP
#define REELPIPE_PIPELINE_LIST_INTAKE_HPP

#include <cstdint>
#include <filesystem>
#include <vector>

#include "ledger/work_list.hpp"
#include "reelpipe/download_options.hpp"

namespace reelpipe {

// Reads the lists that the options name and adds the rows that pass to the work list. A malformed row is told to the
// user and skipped. Returns how many were. Throws usage_error for a list that cannot be read, one of which no row can,
// and for a choice that leaves nothing.
// `own_files`: what else the run writes; a label that would have its folder under such a name in `output` is refused,
// too.
struct files_of_run {
    std::filesystem::path output{};
    std::vector<std::filesystem::path> own_files{};
};
std::uint64_t read_lists(const wanted_options&, bool youtube_ids, const run_events&, work_list&,
                         const files_of_run& = {});

}  // namespace reelpipe

#endif
