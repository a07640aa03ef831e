#include "ledger/ledger.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "ledger/schema.hpp"
#include "ledger/work_list.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::database;
using reelpipe::ledger;
using reelpipe::statement;
using reelpipe::test::temp_folder;

namespace {

reelpipe::clip_request clip(int number)
{
    return {.video = "v" + std::to_string(number), .wanted = {1s, 11s}, .label = "l", .split = "val"};
}

std::int64_t rows_in(const std::filesystem::path& file)
{
    database db(file);
    statement count = db.prepare("SELECT count(*) FROM clip");
    count.step();
    return count.integer(0);
}

}  // namespace

TEST_CASE("an outcome that is recorded again replaces the first", "[ledger]")
{
    const temp_folder folder;
    {
        database db(folder / "l");
        ledger l(db);
        l.record(clip(1), {.failed = reelpipe::reason::network});
        l.record(clip(1), {.frames = 300});
    }
    CHECK(rows_in(folder / "l") == 1);
}

TEST_CASE("what was committed survives a killed process", "[ledger]")
{
    const temp_folder folder;
    const pid_t child = fork();
    if (child == 0) {
        database db(folder / "l");
        ledger l(db);
        for (int i = 0; i < 100; ++i) l.record(clip(i), {});
        l.commit();
        l.record(clip(100), {});  // at risk
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));

    CHECK(rows_in(folder / "l") == 100);
}

TEST_CASE("a row says what the clip is, what it cost and which run made it", "[ledger]")
{
    const temp_folder folder;
    database db(folder / "l");
    ledger l(db);
    l.begin_run({.resolver = "yt-dlp 2023.03.04", .options = "{}"});
    l.record(clip(1),
             {.attempts = 2, .file = {.bytes = 7}, .frames = 300, .duration_s = 10.01, .streams = "h264 320x180"});
    l.record(clip(2), {.failed = reelpipe::reason::removed, .message = "gone for good"});
    l.end_run("complete");

    statement row = db.prepare(
        "SELECT c.reason, c.class, c.message, c.attempts, c.bytes, c.frames, c.duration_s, c.streams, r.resolver,"
        " r.ending, c.split FROM clip c JOIN run r ON r.id = c.run ORDER BY video");
    REQUIRE(row.step());
    CHECK(row.is_null(0));
    CHECK(row.is_null(1));
    CHECK(row.integer(3) == 2);
    CHECK(row.integer(4) == 7);
    CHECK(row.integer(5) == 300);
    CHECK(row.number(6) == 10.01);
    CHECK(row.text(7) == "h264 320x180");
    CHECK(row.text(8) == "yt-dlp 2023.03.04");
    CHECK(row.text(9) == "complete");
    CHECK(row.text(10) == "val");
    REQUIRE(row.step());
    CHECK(row.text(0) == "removed");
    CHECK(row.text(1) == "permanent");
    CHECK(row.text(2) == "gone for good");
}

TEST_CASE("the ledger sums up hosts over runs, and keeps how each run went and what the last one left", "[ledger]")
{
    const temp_folder folder;
    database db(folder / "l");
    ledger l(db);
    l.begin_run({.options = "{}", .lists = R"(["a.csv"])"});
    l.record(reelpipe::fetch_record{.host = "h", .bytes = 5, .fetch_s = 1});
    l.record(reelpipe::attempt_record{.video = "v", .host = "h"});
    l.record(reelpipe::attempt_record{.video = "v"});  // at no host
    l.end_run("interrupted", "{1}", {{"dance", 3}, {"sing", 1}});
    l.begin_run({.options = "{}", .lists = R"(["b.csv"])"});
    l.record(reelpipe::fetch_record{.host = "h", .bytes = 7, .fetch_s = 2});
    l.end_run("complete", "{2}", {{"dance", 1}});

    const auto text_of = [&db](const char* query) {
        statement one = db.prepare(query);
        std::string text;
        while (one.step()) text += one.text(0) + ";";
        return text;
    };
    CHECK(text_of("SELECT name || videos || '/' || bytes || '/' || fetch_s || '/' || failed FROM host") ==
          "h2/12/3.0/1;");
    CHECK(text_of("SELECT lists || measured FROM run ORDER BY id") == R"(["a.csv"]{1};["b.csv"]{2};)");
    CHECK(text_of("SELECT label || clips FROM pending") == "dance1;");
}

TEST_CASE("a ledger of the first version keeps its outcomes", "[ledger]")
{
    const temp_folder folder;
    {
        database old(folder / "l");
        old.execute(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE clip(video TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, label TEXT NOT NULL,"
            " reason TEXT, message TEXT NOT NULL, attempts INTEGER NOT NULL, bytes INTEGER NOT NULL,"
            " modified_ns INTEGER NOT NULL, frames INTEGER NOT NULL, fetched INTEGER NOT NULL,"
            " resolve_s REAL NOT NULL, fetch_s REAL NOT NULL, cut_s REAL NOT NULL,"
            " recorded TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY(video, start, end, label)) WITHOUT ROWID;"
            "INSERT INTO clip VALUES('v1', 1000000, 11000000, 'l', NULL, '', 1, 7, 8, 300, 9, 0.1, 0.2, 0.3, '2026');"
            "INSERT INTO clip VALUES('v2', 1000000, 11000000, 'l', 'removed', 'x', 1, 0, 0, 0, 0, 0, 0, 0, '2026');"
            "PRAGMA user_version = 1");
    }

    database db(folder / "l");
    ledger l(db);
    reelpipe::work_list list(db, std::filesystem::temp_directory_path());
    list.add(clip(1));
    list.add(clip(2));
    list.seal();

    const auto all = list.after(nullptr, 10);
    REQUIRE(all.size() == 2);
    REQUIRE(all[0].before);
    CHECK(all[0].before->file == reelpipe::store::file_signature{.bytes = 7, .modified_ns = 8});
    CHECK(all[0].before->frames == 300);
    REQUIRE(all[1].before);
    CHECK(all[1].before->failed == reelpipe::reason::removed);
    statement version = db.prepare("PRAGMA user_version");
    version.step();
    CHECK(version.integer(0) == reelpipe::schema_version());
}

TEST_CASE("a ledger of the third version keeps outcomes, options and URLs, and learns what clips are short of",
          "[ledger]")
{
    const temp_folder folder;
    {
        database old(folder / "l");
        old.execute(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE clip(video TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, label TEXT NOT NULL,"
            " reason TEXT, message TEXT NOT NULL, attempts INTEGER NOT NULL, bytes INTEGER NOT NULL,"
            " modified_ns INTEGER NOT NULL, frames INTEGER NOT NULL, fetched INTEGER NOT NULL,"
            " resolve_s REAL NOT NULL, fetch_s REAL NOT NULL, cut_s REAL NOT NULL,"
            " recorded TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,"
            " class TEXT, duration_s REAL NOT NULL DEFAULT 0, streams TEXT NOT NULL DEFAULT '',"
            " verify_s REAL NOT NULL DEFAULT 0, store_s REAL NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,"
            " PRIMARY KEY(video, start, end, label)) WITHOUT ROWID;"
            "CREATE TABLE run(id INTEGER PRIMARY KEY, started TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, ended TEXT,"
            " ending TEXT, reelpipe TEXT NOT NULL, resolver TEXT NOT NULL DEFAULT '', options TEXT NOT NULL);"
            "CREATE TABLE output_option(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE resolved(video TEXT PRIMARY KEY, asked INTEGER NOT NULL, until INTEGER NOT NULL,"
            " source TEXT NOT NULL) WITHOUT ROWID;"
            "INSERT INTO clip VALUES('v1', 1000000, 11000000, 'l', NULL, '4 s shorter than asked for', 1, 7, 8, 180, 9,"
            " 0.1, 0.2, 0.3, '2026', 'stored', 6.0, 'h264', 0.1, 0.1, 1);"
            "INSERT INTO clip VALUES('v2', 1000000, 11000000, 'l', 'removed', 'x', 1, 0, 0, 0, 0, 0, 0, 0, '2026',"
            " 'permanent', 0, '', 0, 0, 1);"
            "INSERT INTO run VALUES(1, '2026', '2026', 'complete', '0.1', 'yt-dlp', '{}');"
            "INSERT INTO output_option VALUES('crf', '23');"
            "INSERT INTO resolved VALUES('v3', 5, 4000000000, '{}');"
            "PRAGMA user_version = 3");
    }

    database db(folder / "l");
    REQUIRE(reelpipe::has_our_tables(db));
    ledger l(db);
    reelpipe::work_list list(db, std::filesystem::temp_directory_path());
    list.add(clip(1));
    list.add(clip(2));
    list.seal();

    const auto all = list.after(nullptr, 10);
    REQUIRE(all.size() == 2);
    REQUIRE(all[0].before);
    CHECK(all[0].before->frames == 180);
    REQUIRE(all[1].before);
    CHECK(all[1].before->failed == reelpipe::reason::removed);
    const auto number_of = [&db](const char* query) {
        statement one = db.prepare(query);
        REQUIRE(one.step());
        return one.integer(0);
    };
    CHECK(number_of("PRAGMA user_version") == reelpipe::schema_version());
    CHECK(number_of("SELECT round(missing_s) FROM clip WHERE video = 'v1'") == 4);
    CHECK(number_of("SELECT value FROM output_option WHERE name = 'crf'") == 23);
    CHECK(number_of("SELECT count(*) FROM resolved") == 1);
    CHECK(number_of("SELECT count(*) FROM run") == 1);
    CHECK(number_of("SELECT count(*) FROM attempt") == 0);
    CHECK(number_of("SELECT count(*) FROM clip WHERE whole = 0") == 2);
    CHECK(number_of("SELECT count(*) FROM run WHERE measured = ''") == 1);
    l.record(reelpipe::fetch_record{.host = "h", .bytes = 5, .fetch_s = 1});
    l.commit();
    CHECK(number_of("SELECT bytes FROM host WHERE name = 'h'") == 5);
}

TEST_CASE("a ledger of a later version is refused, not changed", "[ledger]")
{
    const temp_folder folder;
    database db(folder / "l");
    db.execute("PRAGMA user_version = 99");
    CHECK_THROWS_WITH(ledger(db), Catch::Matchers::ContainsSubstring("later reelpipe"));
}
