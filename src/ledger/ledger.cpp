#include "ledger/ledger.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <system_error>

#include "ledger/schema.hpp"
#include "reelpipe/pipeline.hpp"

namespace reelpipe {

namespace {

// The write-ahead log takes memory that processes share by mapping a file, which not every file system offers. That
// shows when the log is first used, and then it is too late for that database: so another one in its folder is tried.
bool can_have_write_ahead_log(database& db)
{
    statement list = db.prepare("PRAGMA database_list");
    if (!list.step() || list.text(2).empty()) return true;  // in memory
    const std::filesystem::path trial = list.text(2) + "-trial";
    list.reset();
    bool can = true;
    try {
        database(trial).execute("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; ROLLBACK");
    } catch (const database_error& e) {
        can = (e.code & 0xff) != SQLITE_IOERR;  // the low byte of an extended code
    }
    std::error_code ignored;
    for (const char* companion : {"", "-wal", "-shm"}) std::filesystem::remove(trial.string() + companion, ignored);
    return can;
}

database& up_to_date(database& db)
{
    // NORMAL: a commit survives a killed process; a power cut may cost the last ones, whose files are found again.
    db.execute(can_have_write_ahead_log(db) ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = TRUNCATE");
    db.execute("PRAGMA synchronous = NORMAL");
    migrate(db);
    return db;
}

std::string own_version()
{
    return fmt::format("{}.{}.{}", REELPIPE_VERSION / 10000, REELPIPE_VERSION / 100 % 100, REELPIPE_VERSION % 100);
}

}  // namespace

ledger::ledger(database& db)
    : database_(&up_to_date(db)),
      put_(db.prepare("INSERT OR REPLACE INTO clip(video, start, end, label, reason, class, message, attempts, bytes,"
                      " modified_ns, frames, duration_s, streams, fetched, resolve_s, fetch_s, cut_s, verify_s,"
                      " store_s, run, copied, encoded_because, asked, missing_s, whole, split, packets, source,"
                      " recorded) "
                      "VALUES(?1, ?2, ?3, ?4, "
                      "nullif(?5, ''),"
                      " nullif(?6, ''), ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,"
                      " nullif(?22, ''), ?23, ?24, ?25, ?26, ?27, ?28,"
                      " iif(?29 = 0, CURRENT_TIMESTAMP, datetime(?29, 'unixepoch')))")),
      put_attempt_(db.prepare("INSERT INTO attempt(run, video, start, end, number, address, reason, message)"
                              " VALUES(?1, ?2, nullif(?3, -1), nullif(?4, -1), ?5, ?6, ?7, ?8)")),
      forget_attempts_(db.prepare("DELETE FROM attempt WHERE video = ?1 AND id NOT IN"
                                  " (SELECT id FROM attempt WHERE video = ?1 ORDER BY id DESC LIMIT ?2)")),
      add_to_host_(db.prepare("INSERT INTO host VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(name) DO UPDATE SET"
                              " videos = videos + excluded.videos, bytes = bytes + excluded.bytes,"
                              " fetch_s = fetch_s + excluded.fetch_s, failed = failed + excluded.failed")),
      put_description_(db.prepare("INSERT OR REPLACE INTO video(id, metadata, warnings) VALUES(?1, ?2, ?3)"))
{
}

ledger::~ledger()
{
    try {
        commit();
    } catch (const database_error&) {
        // Forgotten outcomes are found again by the next run.
    }
}

void ledger::begin()
{
    if (open_) return;
    database_->execute("BEGIN");
    open_ = true;
    opened_ = std::chrono::steady_clock::now();
}

void ledger::begin_run(const run_record& run)
{
    begin();
    statement put =
        database_->prepare("INSERT INTO run(reelpipe, resolver, options, lists) VALUES(?1, ?2, ?3, ?4) RETURNING id");
    const std::string version = own_version();
    put.bind(version, run.resolver, run.options, run.lists);
    put.step();
    run_ = put.integer(0);
    put.reset();
    database_->execute("DELETE FROM pending");  // until this run ends, nobody knows
    statement put_list = database_->prepare("INSERT OR IGNORE INTO list VALUES(?1, ?2)");
    for (const list_record& each : run.listed) {
        put_list.bind(each.name, each.sha256);
        put_list.run();
    }
    commit();
}

void ledger::end_run(std::string_view ending, std::string_view measured,
                     const std::map<std::string, std::uint64_t>& pending)
{
    begin();
    statement put =
        database_->prepare("UPDATE run SET ended = CURRENT_TIMESTAMP, ending = ?1, measured = ?2 WHERE id = ?3");
    put.bind(ending, measured, run_);
    put.run();
    database_->execute("DELETE FROM pending");
    statement put_pending = database_->prepare("INSERT INTO pending VALUES(?1, ?2)");
    for (const auto& [label, clips] : pending) {
        put_pending.bind(label, clips);
        put_pending.run();
    }
    commit();
}

void ledger::record(const clip_request& clip, const clip_record& r)
{
    begin();
    const std::string_view why = r.failed ? to_string(*r.failed) : "";
    const std::string_view what = r.failed ? to_string(class_of(*r.failed)) : "";
    put_.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()}, clip.label,
              why, what, r.message, std::int64_t{r.attempts}, r.file.bytes, r.file.modified_ns, r.frames, r.duration_s,
              r.streams, r.fetched, r.resolve_s, r.fetch_s, r.cut_s, r.verify_s, r.store_s, run_, r.copied,
              r.encoded_because, r.asked, r.missing_s, r.whole, clip.split, r.packets, r.source, r.recorded);
    put_.run();
    commit_when_due();
}

void ledger::record(const attempt_record& a)
{
    constexpr std::int64_t max_of_a_video = 50;
    constexpr std::int64_t none = -1;
    begin();
    put_attempt_.bind(run_, a.video, a.wanted ? std::int64_t{a.wanted->start.count()} : none,
                      a.wanted ? std::int64_t{a.wanted->end.count()} : none, std::int64_t{a.number}, a.address,
                      to_string(a.why), a.message);
    put_attempt_.run();
    forget_attempts_.bind(a.video, max_of_a_video);
    forget_attempts_.run();
    if (!a.host.empty()) add_to_host(a.host, {}, 0, 1);
    commit_when_due();
}

void ledger::record(const fetch_record& f)
{
    begin();
    add_to_host(f.host, f, 1, 0);
    commit_when_due();
}

void ledger::record(const description_record& d)
{
    begin();
    put_description_.bind(d.video, d.metadata, d.warnings);
    put_description_.run();
    commit_when_due();
}

void ledger::add_to_host(std::string_view name, const fetch_record& f, std::int64_t videos, std::int64_t failed)
{
    add_to_host_.bind(name, videos, f.bytes, f.fetch_s, failed);
    add_to_host_.run();
}

std::optional<double> ledger::mean_clip_bytes() const
{
    statement mean = database_->prepare("SELECT avg(bytes) FROM clip WHERE reason IS NULL");
    if (!mean.step() || mean.is_null(0)) return std::nullopt;
    return mean.number(0);
}

std::string ledger::last_stored_video() const
{
    statement last = database_->prepare("SELECT video FROM clip WHERE reason IS NULL ORDER BY recorded DESC LIMIT 1");
    return last.step() ? last.text(0) : std::string();
}

void ledger::commit_when_due()
{
    if (open_ && !is_held_ && std::chrono::steady_clock::now() - opened_ >= commit_interval) commit();
}

void ledger::commit()
{
    if (!open_) return;
    open_ = false;
    try {
        database_->execute("COMMIT");
    } catch (const database_error&) {
        database_->roll_back();
        throw;
    }
}

}  // namespace reelpipe
