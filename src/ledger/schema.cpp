#include "ledger/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace {

// Times in the columns start and end are microseconds; those that end in _s are seconds.
constexpr std::array steps{
    // 1: an outcome a clip. Without a reason it is stored.
    "CREATE TABLE IF NOT EXISTS clip("
    " video TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, label TEXT NOT NULL,"
    " reason TEXT, message TEXT NOT NULL, attempts INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, frames INTEGER NOT NULL, fetched INTEGER NOT NULL,"
    " resolve_s REAL NOT NULL, fetch_s REAL NOT NULL, cut_s REAL NOT NULL,"
    " recorded TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,"
    " PRIMARY KEY(video, start, end, label)) WITHOUT ROWID",

    // 2: what the clip is, which run made it with what, and the options that all clips of the folder share.
    "ALTER TABLE clip ADD COLUMN class TEXT;"
    "ALTER TABLE clip ADD COLUMN duration_s REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE clip ADD COLUMN streams TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE clip ADD COLUMN verify_s REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE clip ADD COLUMN store_s REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE clip ADD COLUMN run INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE run("
    " id INTEGER PRIMARY KEY, started TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, ended TEXT, ending TEXT,"
    " reelpipe TEXT NOT NULL, resolver TEXT NOT NULL DEFAULT '', options TEXT NOT NULL);"
    "CREATE TABLE output_option(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",

    // 3: where the media of videos are that are not done yet, as JSON, for who asks for the same; until: seconds since
    // 1970.
    "CREATE TABLE resolved("
    " video TEXT PRIMARY KEY, asked INTEGER NOT NULL, until INTEGER NOT NULL, source TEXT NOT NULL) WITHOUT ROWID",

    // 4: for clips that were to be cut smartly: the number of frames copied, or why the clip was encoded as a whole.
    "ALTER TABLE clip ADD COLUMN copied INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE clip ADD COLUMN encoded_because TEXT",

    // 5: how a clip that failed was asked for, as a number; 0: unknown.
    "ALTER TABLE clip ADD COLUMN asked INTEGER NOT NULL DEFAULT 0",

    // 6: attempts that failed, of a video or of one clip of it, and what a stored clip is shorter than it was to be.
    "CREATE TABLE attempt("
    " id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, video TEXT NOT NULL,"
    " start INTEGER, end INTEGER, number INTEGER NOT NULL, address TEXT NOT NULL, reason TEXT NOT NULL,"
    " message TEXT NOT NULL);"
    "CREATE INDEX attempt_of_video ON attempt(video);"
    "ALTER TABLE clip ADD COLUMN missing_s REAL NOT NULL DEFAULT 0;"
    "UPDATE clip SET missing_s = (end - start) / 1e6 - duration_s"
    " WHERE reason IS NULL AND message LIKE '% shorter than asked for%'",

    // 7: what a run was asked for and how it went, as JSON; the bytes of the whole files of a clip's video, 0: unknown;
    // the hosts that served or refused media, over all runs; the clips that the last run left pending.
    "ALTER TABLE run ADD COLUMN lists TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run ADD COLUMN measured TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE clip ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE host("
    " name TEXT PRIMARY KEY, videos INTEGER NOT NULL, bytes INTEGER NOT NULL, fetch_s REAL NOT NULL,"
    " failed INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE pending(label TEXT PRIMARY KEY, clips INTEGER NOT NULL) WITHOUT ROWID",

    // 8: what the site says of a video, as JSON, and what its resolver warned of when it found the video, by lines; the
    // split of a clip, as the list spells it, empty: unknown, or none.
    "CREATE TABLE video("
    " id TEXT PRIMARY KEY, asked TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, metadata TEXT NOT NULL,"
    " warnings TEXT NOT NULL) WITHOUT ROWID;"
    "ALTER TABLE clip ADD COLUMN split TEXT NOT NULL DEFAULT ''",

    // 9: the samples of a stored clip's video, shown or not, 0: unknown; what it was cut from; the lists of all runs.
    "ALTER TABLE clip ADD COLUMN packets INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE clip ADD COLUMN source TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE list(name TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(name, sha256)) WITHOUT ROWID",

    // 10: the ways to a page of clips without looking at all of them. An older ledger gives the same pages, later.
    "CREATE INDEX clip_of_label ON clip(label);"
    "CREATE INDEX clip_that_failed ON clip(reason) WHERE reason IS NOT NULL;"
    "CREATE INDEX clip_that_is_shorter ON clip(video, start, end, label) WHERE missing_s > 0",
};

// A line for each column of each table, in the order of their names and places.
std::vector<std::string> columns_of(database& db)
{
    statement all = db.prepare(
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_master t JOIN pragma_table_info(t.name) c"
        " WHERE t.type = 'table' ORDER BY t.name, c.cid");
    std::vector<std::string> columns;
    while (all.step())
        columns.push_back(
            fmt::format("{} {} {} {} {}", all.view(0), all.view(1), all.view(2), all.integer(3), all.integer(4)));
    return columns;
}

void take_step(database& db, std::size_t number)
{
    db.execute("BEGIN IMMEDIATE");
    try {
        db.execute(steps[number - 1]);
        db.execute(fmt::format("PRAGMA user_version = {}; COMMIT", number).c_str());
    } catch (const database_error&) {
        db.roll_back();
        throw;
    }
}

}  // namespace

int schema_version() { return static_cast<int>(steps.size()); }

int oldest_with_facts() { return 2; }

int oldest_with_copies() { return 4; }

int oldest_with_attempts() { return 6; }

int oldest_with_hosts() { return 7; }

int oldest_with_splits() { return 8; }

int oldest_with_sources() { return 9; }

int version_of(database& db)
{
    statement version = db.prepare("PRAGMA user_version");
    version.step();
    return static_cast<int>(version.integer(0));
}

bool has_our_tables(database& db)
{
    const int found = version_of(db);
    if (found > schema_version()) return true;
    const std::vector<std::string> columns = columns_of(db);
    if (found == 0 && columns.empty()) return true;
    database model(":memory:");
    // Before there were versions there was the table of the first one.
    for (std::size_t number = 1; number <= static_cast<std::size_t>(std::max(found, 1)); ++number)
        take_step(model, number);
    return std::ranges::all_of(columns_of(model), [&](const std::string& column) {
        return std::ranges::find(columns, column) != columns.end();
    });
}

void migrate(database& db)
{
    const int found = version_of(db);
    if (found > schema_version())
        throw usage_error(
            fmt::format("this ledger was written by a later reelpipe (ledger version {}, this one reads up to {}); use "
                        "the later one",
                        found, schema_version()));
    for (auto number = static_cast<std::size_t>(found) + 1; number <= steps.size(); ++number) take_step(db, number);
}

}  // namespace reelpipe
