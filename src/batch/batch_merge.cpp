#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "batch/attempt.hpp"
#include "batch/plan_parts.hpp"
#include "folder/atomic_file.hpp"
#include "folder/dataset_card.hpp"
#include "folder/download_report.hpp"
#include "folder/manifest/clip_stream.hpp"
#include "folder/manifest/manifest_line.hpp"
#include "folder/run_folder.hpp"
#include "folder/shaping_options.hpp"
#include "folder/stored_clip.hpp"
#include "ledger/ledger.hpp"
#include "reelpipe/batch.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view merged = "merged";  // the ending of the one run in such a ledger

clip_record record_of(const shard_clip& c)
{
    const clip_outcome& o = c.outcome;
    clip_record r{.message = o.message, .attempts = o.attempts};
    if (o.how == clip_outcome::status::failed) {
        r.failed = o.why.value_or(reason::unknown);
        return r;
    }
    r.message = "Downloaded";
    r.file = {o.bytes, c.modified_ns};
    r.frames = o.frames;
    r.duration_s = o.duration_s;
    r.streams = o.streams;
    r.packets = o.packets;
    r.source = o.source;
    r.copied = o.copied;
    r.encoded_because = o.encoded_because;
    r.fetched = o.fetched;
    r.whole = o.whole;
    r.resolve_s = o.resolve_s;
    r.fetch_s = o.fetch_s;
    r.cut_s = o.cut_s;
    r.verify_s = o.verify_s;
    r.store_s = o.store_s;
    note_length(r, r.message, std::chrono::microseconds(std::llround(o.missing_s * 1e6)), "");
    return r;
}

// Nobody but a merge has written this ledger.
void check_no_runs(const fs::path& ledger_file)
{
    if (!fs::exists(ledger_file)) return;
    database db = database::read_only(ledger_file);
    statement others = db.prepare("SELECT count(*) FROM run WHERE ending IS NOT ?1");
    others.bind(merged);
    others.step();
    if (others.integer(0) == 0) return;
    throw usage_error(fmt::format(
        "{} tells of runs of `reelpipe download` in this folder, which a merge would forget; move it away to merge",
        ledger_file.string()));
}

// Puts a file in the place of another one, at once. What stands under its unfinished name is removed and not written
// to: it may be a link.
void replace_file(const fs::path& from, const fs::path& to)
{
    const fs::path unfinished = to.string() + ".part";
    fs::permissions(from, fs::perms::owner_read | fs::perms::owner_write);  // the copy has them from the beginning
    fs::remove(unfinished);
    fs::copy_file(from, unfinished);
    fs::rename(unfinished, to);
}

// Takes the indexes of clips away; made again at the end, they cost a fraction. Returns the statements that make them.
std::vector<std::string> drop_indexes(database& db)
{
    std::vector<std::string> names, statements;
    statement all =
        db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'clip' AND sql NOT NULL");
    while (all.step()) {
        names.push_back(all.text(0));
        statements.push_back(all.text(1));
    }
    for (const std::string& each : names) db.execute(("DROP INDEX " + each).c_str());
    return statements;
}

// The hashes of clips, which a ledger has no place for.
class clip_hash_table {
public:
    explicit clip_hash_table(const fs::path& file) : db_(file)
    {
        db_.execute(
            "PRAGMA journal_mode = OFF; CREATE TABLE hash(video TEXT, start INTEGER, end INTEGER, label TEXT,"
            " sha256 TEXT, PRIMARY KEY(video, start, end, label)) WITHOUT ROWID; BEGIN");
        put_.emplace(db_.prepare("INSERT OR REPLACE INTO hash VALUES(?1, ?2, ?3, ?4, ?5)"));
        get_.emplace(
            db_.prepare("SELECT sha256 FROM hash WHERE video = ?1 AND start = ?2 AND end = ?3 AND label = ?4"));
    }

    void put(const clip_request& c, const std::string& sha256)
    {
        put_->bind(c.video, std::int64_t{c.wanted.start.count()}, std::int64_t{c.wanted.end.count()}, c.label, sha256);
        put_->run();
    }

    std::string of(const clip_request& c)
    {
        get_->bind(c.video, std::int64_t{c.wanted.start.count()}, std::int64_t{c.wanted.end.count()}, c.label);
        std::string found = get_->step() ? get_->text(0) : "";
        get_->reset();
        return found;
    }

private:
    database db_;
    std::optional<statement> put_{}, get_{};
};

// Files of a list of JSON values, one a line.
class json_list {
public:
    explicit json_list(const fs::path& name) : file_(name) {}

    void add(const std::string& value) { file_.write(std::exchange(before_, ",\n") + value); }
    bool is_empty() const { return *before_ == '['; }
    // Throws std::system_error, as all of it does.
    void end()
    {
        file_.write(is_empty() ? "[]\n" : "\n]\n");
        file_.end();
    }

private:
    atomic_file file_;
    const char* before_ = "[\n";
};

// What the manifests of a root's parts say, on its way into the files of a folder.
class merger {
public:
    // Works in `scratch`, which is empty.
    merger(const std::vector<plan_part>& parts, const fs::path& scratch)
        : parts_(parts), scratch_(scratch), db_(ledger_in(scratch), scratch), ledger_(db_)
    {
        // Losing this file loses nothing. Shards come in another order than the table has, so much of it is kept at
        // hand.
        db_.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072");
        if (plan().hashes) hashes_.emplace(scratch / "hashes.sqlite");
    }

    static fs::path ledger_in(const fs::path& scratch) { return scratch / ".reelpipe" / "ledger.sqlite"; }

    void read();
    void write_files(const fs::path& output);
    // Writes a new file: the same manifests give the same one, byte by byte. Pages of the ledger that is at work still
    // hold what rows have left that were replaced, and when.
    void write_ledger(const fs::path& file);
    const batch_merge_summary& counts() const { return counts_; }

private:
    const batch_plan& plan() const { return parts_.front().plan; }
    void read_part(const plan_part&, bool is_repair);
    void enter(const shard_clip&, std::int64_t finished, bool is_repair);
    void write_clip(const clip_row&, json_list& report, json_list& shorter, atomic_file& clips);
    void write_missing(json_list& report);

    const std::vector<plan_part>& parts_;
    const fs::path scratch_;
    database db_;
    ledger ledger_;
    std::optional<clip_hash_table> hashes_{};
    std::vector<std::uint32_t> missing_{};                                      // shards of the plan
    std::int64_t first_ = std::numeric_limits<std::int64_t>::max(), last_ = 0;  // seconds since 1970
    batch_merge_summary counts_{};
};

void merger::read()
{
    std::vector<list_record> lists;
    for (const auto& [name, hash] : plan().lists) lists.push_back({name, hash});
    remember_shaping_options(db_, plan().options);
    ledger_.begin_run({.options = nlohmann::json(plan().options).dump(), .listed = lists});
    ledger_.hold();
    const std::vector<std::string> indexes = drop_indexes(db_);
    for (const plan_part& part : parts_) read_part(part, &part != &parts_.front());
    std::map<std::string, std::uint64_t> pending;
    for (const std::uint32_t shard : missing_)
        for (const clip_request& each : parts_.front().place.rows(plan(), shard)) ++pending[each.label];
    ledger_.end_run(merged, "", pending);
    // The times are those of the manifests, too.
    statement times =
        db_.prepare("UPDATE run SET started = datetime(?1, 'unixepoch'), ended = datetime(?2, 'unixepoch')");
    times.bind(std::min(first_, last_), last_);
    times.run();
    for (const std::string& each : indexes) db_.execute(each.c_str());
}

void merger::read_part(const plan_part& part, bool is_repair)
{
    for (std::uint32_t shard = 0; shard < part.plan.shards; ++shard) {
        if (!fs::exists(part.place.manifest(shard))) {
            ++counts_.missing_shards;
            if (!is_repair) {
                counts_.missing_clips += part.place.entry(shard).clips;
                missing_.push_back(shard);
            }
            continue;
        }
        const shard_head head = visit_manifest(
            part, shard,
            [this, is_repair](const shard_head& of, const shard_clip& clip) { enter(clip, of.finished, is_repair); });
        first_ = std::min(first_, head.finished);
        last_ = std::max(last_, head.finished);
    }
}

void merger::enter(const shard_clip& clip, std::int64_t finished, bool is_repair)
{
    clip_record record = record_of(clip);
    record.recorded = finished;
    ledger_.record(clip.outcome.clip, record);
    if (is_repair) counts_.repaired += !record.failed;
    if (hashes_ && !clip.sha256.empty()) hashes_->put(clip.outcome.clip, clip.sha256);
}

void merger::write_clip(const clip_row& row, json_list& report, json_list& shorter, atomic_file& clips)
{
    if (!row.failed && row.missing_s > 0) shorter.add(shorter_line(row.id, row.clip.wanted, row.missing_s));
    report.add(report_line(row.id, !row.failed, row.failed ? failure_line(*row.failed, row.message) : row.message));
    manifest_clip line = manifest_clip_of(row);
    if (hashes_ && !row.failed) line.file_hash = hashes_->of(row.clip);
    clips.write(manifest_line(line) + "\n");
    ++(row.failed ? counts_.failed : counts_.stored);
    counts_.transient += row.failed && !is_final(*row.failed);
}

void merger::write_missing(json_list& report)
{
    const store::trim_format trim(plan().options.at("--trim-format"));
    for (const std::uint32_t shard : missing_)
        for (const clip_request& each : parts_.front().place.rows(plan(), shard))
            report.add(report_line(store::clip_id(each, trim), false, "Not reached"));
}

void merger::write_files(const fs::path& output)
{
    const fs::path report_file = output / "download_report.json";
    json_list report(report_file), shorter(shorter_list_beside(report_file));
    atomic_file clips(output / "clips.jsonl");
    clips.write(manifest_head() + "\n");
    clip_row_reader rows(scratch_);
    while (const std::optional<clip_row> row = rows.next()) write_clip(*row, report, shorter, clips);
    write_missing(report);
    report.end();
    shorter.end();
    if (shorter.is_empty()) fs::remove(shorter_list_beside(report_file));
    clips.write(manifest_end({.stored = counts_.stored, .failed = counts_.failed}) + "\n");
    clips.end();
    write_dataset_card(output, db_);
}

void merger::write_ledger(const fs::path& file)
{
    const std::string name = file.string();
    statement copy = db_.prepare("VACUUM INTO ?1");
    copy.bind(name);
    copy.run();
}

void check_whole(const std::vector<plan_part>& parts)
{
    for (const plan_part& part : parts)
        if (const auto missing = missing_shards(part); !missing.empty())
            throw usage_error(fmt::format(
                "{} of {} shards of {} have no manifest, the first is shard {}; run their tasks (`reelpipe batch "
                "missing`), or merge what is there with --partial",
                missing.size(), part.plan.shards, part.place.path().string(), missing.front()));
}

}  // namespace

batch_merge_summary merge_batch(const batch_merge_options& options)
try {
    const std::vector<plan_part> parts = parts_of(options.root);
    if (!options.partial) check_whole(parts);
    run_folder output(options.root);  // nobody else merges
    check_no_runs(output.ledger());
    const scratch_folder scratch({});
    fs::create_directories(merger::ledger_in(scratch.path()).parent_path());
    merger all(parts, scratch.path());
    all.read();
    all.write_files(output.output());
    const fs::path ledger_file = scratch.path() / "merged.sqlite";
    all.write_ledger(ledger_file);
    replace_file(ledger_file, output.ledger());
    output.keep();
    return all.counts();
} catch (const database_error& e) {
    throw usage_error(e.what());
} catch (const damaged_shard& e) {
    throw usage_error(e.what());
} catch (const std::system_error& e) {
    throw usage_error(e.what());
}

}  // namespace reelpipe
