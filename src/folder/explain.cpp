#include "reelpipe/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "folder/readable_ledger.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using std::chrono::microseconds;

namespace {

// The run that came to an outcome says how it spelled the times in the name.
constexpr const char* all_clips =
    "SELECT c.video, c.start, c.end, c.label, c.reason, c.message, c.attempts, c.bytes, c.modified_ns, c.frames,"
    " c.duration_s, c.missing_s, c.streams, c.fetched, c.recorded, c.run, r.reelpipe, r.resolver,"
    " coalesce(json_extract(r.options, '$.\"--trim-format\"'),"
    "  (SELECT value FROM output_option WHERE name = '--trim-format'), '%06d'), c.copied, c.encoded_because"
    " FROM clip c LEFT JOIN run r ON r.id = c.run";

constexpr const char* attempts_of_clip =
    "SELECT at, run, number, address, reason, message FROM attempt"
    " WHERE video = ?1 AND (start IS NULL OR ?2 < 0 OR (start = ?2 AND end = ?3)) ORDER BY id";

struct named_clip {
    clip_request clip{};
    std::string id{}, file{};
};

named_clip name_of(const statement& row)
{
    named_clip found{.clip = {.video = row.text(0),
                              .wanted = {microseconds(row.integer(1)), microseconds(row.integer(2))},
                              .label = row.text(3),
                              .split = {}}};
    const store::trim_format trim(row.view(18));
    found.id = store::clip_id(found.clip, trim);
    found.file = store::clip_name(found.clip, trim);
    return found;
}

// Nothing where the row's clip cannot have the name.
std::optional<named_clip> clip_with(const std::string& name, const statement& row)
{
    const bool may_be_file = name.ends_with(".mp4");
    if (!may_be_file && !name.starts_with(row.view(0))) return std::nullopt;
    named_clip found = name_of(row);
    const bool is_it = name == found.clip.video || name == found.id || name == found.file ||
                       name == fs::path(found.file).filename().string();
    return is_it ? std::optional(std::move(found)) : std::nullopt;
}

clip_history history_of(named_clip found, const statement& row, const fs::path& folder)
{
    clip_history h{.id = std::move(found.id), .clip = std::move(found.clip), .file = std::move(found.file)};
    h.has_outcome = true;
    h.message = row.text(5);
    h.attempts = static_cast<unsigned>(row.integer(6));
    h.fetched = static_cast<std::uint64_t>(row.integer(13));
    h.recorded = row.text(14);
    h.run = row.integer(15);
    h.reelpipe = row.text(16);
    h.resolver = row.text(17);
    const store::file_signature there = store::signature_of(folder / h.file);
    if (there != store::file_signature{}) h.on_disk = clip_history::file_state::changed;
    if (!row.is_null(4)) {
        h.failed = reason_from(row.view(4)).value_or(reason::unknown);
        return h;
    }
    const auto bytes = static_cast<std::uint64_t>(row.integer(7));
    if (there == store::file_signature{bytes, row.integer(8)}) h.on_disk = clip_history::file_state::as_stored;
    h.stored = clip_history::stored_file{.bytes = bytes,
                                         .frames = row.integer(9),
                                         .duration_s = row.number(10),
                                         .missing_s = row.number(11),
                                         .streams = row.text(12),
                                         .copied = row.integer(19),
                                         .encoded_because = row.text(20)};
    return h;
}

void read_attempts(database& db, clip_history& h)
{
    statement all = db.prepare(attempts_of_clip);
    const std::int64_t start = h.has_outcome ? h.clip.wanted.start.count() : -1;
    all.bind(h.clip.video, start, std::int64_t{h.clip.wanted.end.count()});
    while (all.step())
        h.failed_attempts.push_back({.at = all.text(0),
                                     .run = all.integer(1),
                                     .number = static_cast<unsigned>(all.integer(2)),
                                     .address = all.text(3),
                                     .why = reason_from(all.view(4)).value_or(reason::unknown),
                                     .message = all.text(5)});
}

void read_description(database& db, clip_history& h)
{
    statement of_video = db.prepare("SELECT metadata, warnings FROM video WHERE id = ?1");
    of_video.bind(h.clip.video);
    if (!of_video.step()) return;
    h.metadata = of_video.text(0);
    std::istringstream lines(of_video.text(1));
    for (std::string line; std::getline(lines, line);) h.warnings.push_back(line);
}

// A clip that was tried and has come to no end has no row of its own.
std::optional<clip_history> pending_with(database& db, const std::string& name)
{
    statement videos = db.prepare(
        "SELECT DISTINCT video FROM attempt WHERE ?1 = video OR substr(?1, 1, length(video) + 1) = video || '_'"
        " ORDER BY length(video) DESC LIMIT 1");
    videos.bind(name);
    if (!videos.step()) return std::nullopt;
    clip_history h{.id = name};
    h.clip.video = videos.text(0);
    return h;
}

database explainable_ledger(const fs::path& folder)
{
    database db = readable_ledger(folder);
    if (const int found = version_of(db); found < oldest_with_splits() || found > schema_version())
        throw usage_error(fmt::format(
            "its version is {} and this reelpipe explains {} to {}: {}", found, oldest_with_splits(), schema_version(),
            found < schema_version() ? "the next download brings it up to date" : "use the one that wrote it"));
    return db;
}

std::vector<clip_history> explain_in(database db, const fs::path& folder, const std::string& name)
{
    std::vector<clip_history> all;
    statement rows = db.prepare(all_clips);
    while (rows.step())
        if (std::optional<named_clip> found = clip_with(name, rows))
            all.push_back(history_of(std::move(*found), rows, folder));
    if (all.empty())
        if (std::optional<clip_history> pending = pending_with(db, name)) all.push_back(std::move(*pending));
    if (all.empty())
        throw usage_error(fmt::format(
            "the ledger knows no clip or video '{}': no run has come to it yet, or its name is spelled differently; "
            "download_report.json has the names",
            name));
    for (clip_history& each : all) {
        read_attempts(db, each);
        read_description(db, each);
    }
    return all;
}

}  // namespace

std::string what_next(const clip_history& h)
{
    using enum clip_history::file_state;
    if (!h.has_outcome) return "it is pending: the same download asks for it again";
    if (!h.failed) {
        if (h.on_disk == as_stored)
            return "it is stored and not asked for again; remove the file, and the same download makes it anew";
        if (h.on_disk == none) return "its file is missing: the same download makes it anew";
        return "its file has another size or time than was stored: the same download verifies it, and makes it anew if "
               "it is no such clip";
    }
    const std::string_view what = to_string(class_of(*h.failed));
    if (!is_final(*h.failed))
        return fmt::format("the same download asks for it again: a failure of the class {} may pass", what);
    return fmt::format(
        "the same download does not ask for it again: a failure of the class {} lasts; --retry {} asks, and so does "
        "another source, proxy or cookies{}",
        what, to_string(*h.failed),
        *h.failed == reason::gone ? "; a --source on this machine is always looked at again" : "");
}

std::vector<clip_history> explain_clip(const fs::path& folder, const std::string& name)
try {
    return explain_in(explainable_ledger(folder), folder, name);
} catch (const std::exception& e) {
    throw about_ledger(folder, e);
}

std::optional<clip_history> explain_clip(const fs::path& folder, const clip_request& clip)
try {
    database db = explainable_ledger(folder);
    statement row =
        db.prepare(std::string(all_clips) + " WHERE c.video = ?1 AND c.start = ?2 AND c.end = ?3 AND c.label = ?4");
    row.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()}, clip.label);
    if (!row.step()) return std::nullopt;
    clip_history h = history_of(name_of(row), row, folder);
    read_attempts(db, h);
    read_description(db, h);
    return h;
} catch (const std::exception& e) {
    throw about_ledger(folder, e);
}

}  // namespace reelpipe
