#ifndef REELPIPE_FOLDER_DOWNLOAD_REPORT_HPP
#define REELPIPE_FOLDER_DOWNLOAD_REPORT_HPP

#include <filesystem>
#include <string>
#include <string_view>

#include "ledger/work_list.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

// The text of a report about a failed clip.
std::string failure_line(reason, const std::string& message);

// A clip in a report: [clip id, true or false, note].
std::string report_line(std::string_view id, bool is_stored, std::string_view note);

// One in the list of clips that are shorter than asked for: [clip id, seconds asked for, seconds that are missing].
std::string shorter_line(std::string_view id, const segment& wanted, double missing_s);

// Throws usage_error if there is no place for a report there, before a run of days finds out.
void check_report_place(const std::filesystem::path&);

// Writes the report of the ActivityNet crawler: [[clip id, true or false, "Downloaded", "Exists" or what went wrong],
// …] in list order, one clip a line. The old report is replaced at once when the new one is complete. Throws
// std::system_error.
void write_report(const std::filesystem::path&, work_list&, const store::trim_format&);

// Where the clips are listed that are shorter than asked for, beside a report: `download_report_shorter.json`.
std::filesystem::path shorter_list_beside(const std::filesystem::path& report);

// Writes that list, [[clip id, seconds asked for, seconds that are missing], ...] in list order; where there is no such
// clip, there is no such file. Throws std::system_error.
void write_shorter_list(const std::filesystem::path&, work_list&, const store::trim_format&);

}  // namespace reelpipe

#endif
