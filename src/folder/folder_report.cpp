#include "reelpipe/folder_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "folder/ledger_report.hpp"
#include "folder/readable_ledger.hpp"
#include "ledger/database.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace {

constexpr int first_version_with_runs = 2;
constexpr std::int64_t max_runs = 20;

int readable_version_of(database& db)
{
    const int found = version_of(db);
    if (found < 1 || found > schema_version())
        throw usage_error(
            fmt::format("its version is {}, but this reelpipe reads only 1 to {}; use the one that wrote it", found,
                        schema_version()));
    return found;
}

void read_clips(database& db, folder_report& report, const store::trim_format& trim)
{
    // With min(), SQLite takes the other columns from the row that has the minimum: one clip of each reason.
    statement groups = db.prepare(
        "SELECT reason, count(*), sum(bytes), sum(frames), min(video), start, end, label, message FROM clip"
        " GROUP BY reason ORDER BY 2 DESC");
    while (groups.step()) {
        const auto count = static_cast<std::uint64_t>(groups.integer(1));
        if (groups.is_null(0)) {
            report.stored = count;
            report.bytes = static_cast<std::uint64_t>(groups.integer(2));
            report.frames = static_cast<std::uint64_t>(groups.integer(3));
            continue;
        }
        const clip_request clip{
            .video = groups.text(4),
            .wanted = {std::chrono::microseconds(groups.integer(5)), std::chrono::microseconds(groups.integer(6))},
            .label = groups.text(7),
            .split = {}};
        report.failed.push_back({.why = reason_from(groups.text(0)).value_or(reason::unknown),
                                 .count = count,
                                 .example = store::clip_id(clip, trim),
                                 .message = groups.text(8)});
    }
}

void read_copies(database& db, copy_counts& copies)
{
    statement groups = db.prepare(
        "SELECT encoded_because, count(*), sum(frames), sum(copied) FROM clip"
        " WHERE reason IS NULL AND (copied > 0 OR encoded_because IS NOT NULL) GROUP BY encoded_because");
    while (groups.step()) {
        const auto count = static_cast<std::uint64_t>(groups.integer(1));
        copies.clips += count;
        copies.frames += static_cast<std::uint64_t>(groups.integer(2));
        copies.copied += static_cast<std::uint64_t>(groups.integer(3));
        if (!groups.is_null(0)) copies.whole[groups.text(0)] = count;
    }
}

void read_shorter(database& db, folder_report& report, const store::trim_format& trim)
{
    statement all = db.prepare(
        "SELECT video, start, end, label, missing_s FROM clip WHERE reason IS NULL AND missing_s > 0"
        " ORDER BY video, start, end");
    while (all.step()) {
        const clip_request clip{
            .video = all.text(0),
            .wanted = {std::chrono::microseconds(all.integer(1)), std::chrono::microseconds(all.integer(2))},
            .label = all.text(3),
            .split = {}};
        report.shorter.push_back({store::clip_id(clip, trim), all.number(4)});
    }
}

void read_options(database& db, folder_report& report)
{
    statement all = db.prepare("SELECT name, value FROM output_option");
    while (all.step()) report.options[all.text(0)] = all.text(1);
}

void read_runs(database& db, folder_report& report)
{
    statement all =
        db.prepare("SELECT started, ended, ending, reelpipe, resolver, options, id FROM run ORDER BY id DESC LIMIT ?1");
    all.bind(max_runs);
    std::map<std::int64_t, std::uint64_t> outcomes;
    statement counts = db.prepare("SELECT run, count(*) FROM clip GROUP BY run");
    while (counts.step()) outcomes[counts.integer(0)] = static_cast<std::uint64_t>(counts.integer(1));
    while (all.step())
        report.runs.push_back({.started = all.text(0),
                               .ended = all.text(1),
                               .ending = all.text(2),
                               .reelpipe = all.text(3),
                               .resolver = all.text(4),
                               .options = all.text(5),
                               .outcomes = outcomes[all.integer(6)]});
}

}  // namespace

folder_report read_report(database& db)
{
    folder_report report;
    const int version = readable_version_of(db);
    if (version >= first_version_with_runs) {
        read_options(db, report);
        read_runs(db, report);
    }
    if (version >= oldest_with_copies()) read_copies(db, report.copies);
    const auto trim = report.options.find("--trim-format");
    const store::trim_format format(trim == report.options.end() ? "%06d" : trim->second);
    read_clips(db, report, format);
    if (version >= oldest_with_attempts()) read_shorter(db, report, format);
    return report;
}

folder_report report_on(const std::filesystem::path& folder)
try {
    database db = readable_ledger(folder);
    return read_report(db);
} catch (const std::exception& e) {
    throw about_ledger(folder, e);
}

}  // namespace reelpipe
