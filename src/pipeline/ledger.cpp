#include "pipeline/ledger.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace reelpipe {

namespace {

constexpr int schema_version = 1;

database& with_table(database& db)
{
    statement version = db.prepare("PRAGMA user_version");
    version.step();
    const std::int64_t found = version.integer(0);
    version.reset();
    if (found > schema_version)
        throw database_error(
            fmt::format(
                "the ledger was written by a later reelpipe (its version is {}, this one knows {}): use that one",
                found, schema_version),
            SQLITE_ERROR);
    // NORMAL: a commit survives a killed process; a power cut may cost the last ones, whose files are found again.
    db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    db.execute(
        "CREATE TABLE IF NOT EXISTS clip("
        " video TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, label TEXT NOT NULL,"  // microseconds
        " reason TEXT, message TEXT NOT NULL, attempts INTEGER NOT NULL,"                           // no reason: stored
        " bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, frames INTEGER NOT NULL, fetched INTEGER NOT NULL,"
        " resolve_s REAL NOT NULL, fetch_s REAL NOT NULL, cut_s REAL NOT NULL,"
        " recorded TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,"
        " PRIMARY KEY(video, start, end, label)) WITHOUT ROWID");
    db.execute(fmt::format("PRAGMA user_version = {}", schema_version).c_str());
    return db;
}

}  // namespace

ledger::ledger(database& db)
    : database_(&with_table(db)),
      put_(db.prepare("INSERT OR REPLACE INTO clip(video, start, end, label, reason, message, attempts, bytes,"
                      " modified_ns, frames, fetched, resolve_s, fetch_s, cut_s)"
                      " VALUES(?1, ?2, ?3, ?4, nullif(?5, ''), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"))
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

void ledger::record(const clip_request& clip, const clip_record& r)
{
    begin();
    const std::string_view why = r.failed ? to_string(*r.failed) : "";
    put_.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()}, clip.label,
              why, r.message, std::int64_t{r.attempts}, r.file.bytes, r.file.modified_ns, r.frames, r.fetched,
              r.resolve_s, r.fetch_s, r.cut_s);
    put_.run();
    commit_when_due();
}

void ledger::commit_when_due()
{
    if (open_ && std::chrono::steady_clock::now() - opened_ >= commit_interval) commit();
}

void ledger::commit()
{
    if (!open_) return;
    database_->execute("COMMIT");
    open_ = false;
}

}  // namespace reelpipe
