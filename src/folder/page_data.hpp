#ifndef REELPIPE_FOLDER_PAGE_DATA_HPP
#define REELPIPE_FOLDER_PAGE_DATA_HPP

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "folder/clip_census.hpp"
#include "folder/contact_sheet.hpp"
#include "ledger/database.hpp"
#include "reelpipe/folder_report.hpp"

namespace reelpipe {

// Values by how many of them lie in each step of a scale. Those above the last step are counted in it.
struct histogram {
    double first = 0, step = 0;
    std::vector<std::uint64_t> counts{};
    bool has_more_above = false;
    double least = 0, median = 0, most = 0;
};
histogram histogram_of(std::vector<float> values);

// What happened in each of equal times. Times in which nothing happened for long are left out.
struct time_series {
    std::int64_t seconds = 1;  // of each
    std::vector<clip_census::moment> steps{};
};
time_series series_of(std::vector<clip_census::moment>);

// What page/page.js shows. `clips` are those of the frames. Reads what the ledger knows of hosts and of how runs went.
nlohmann::ordered_json page_data(database&, const folder_report&, clip_census,
                                 const std::vector<clip_census::stored_clip>& clips,
                                 const std::vector<sheet_frame>& frames);

}  // namespace reelpipe

#endif
