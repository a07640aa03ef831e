#include "pipeline/work_list.hpp"

namespace reelpipe {

namespace {

// Losing a temporary table loses nothing, so it has no journal; a small cache bounds the memory.
constexpr const char* tables =
    "PRAGMA temp_store = FILE;"
    "PRAGMA temp.journal_mode = OFF; PRAGMA temp.synchronous = OFF; PRAGMA temp.cache_size = -8000;"
    "CREATE TEMP TABLE wanted(row INTEGER PRIMARY KEY, video TEXT NOT NULL, start INTEGER NOT NULL,"
    " end INTEGER NOT NULL, label TEXT NOT NULL, split TEXT NOT NULL);"
    "CREATE TEMP TABLE settled(row INTEGER PRIMARY KEY, standing INTEGER NOT NULL, message TEXT NOT NULL);"
    "BEGIN";

database& with_tables(database& db)
{
    db.execute(tables);
    return db;
}

clip_request clip_in(const statement& found, int column)
{
    return {.video = found.text(column),
            .wanted = {std::chrono::microseconds(found.integer(column + 1)),
                       std::chrono::microseconds(found.integer(column + 2))},
            .label = found.text(column + 3),
            .split = found.text(column + 4)};
}

}  // namespace

work_list::work_list(database& db)
    : database_(&with_tables(db)),
      add_(db.prepare("INSERT INTO temp.wanted(video, start, end, label, split) VALUES(?1, ?2, ?3, ?4, ?5)")),
      settle_(db.prepare("INSERT OR REPLACE INTO temp.settled VALUES(?1, ?2, ?3)"))
{
}

void work_list::add(const clip_request& clip)
{
    add_.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()}, clip.label,
              clip.split);
    add_.run();
    ++rows_;
}

work_list::size work_list::seal()
{
    // An index made at the end is sorted once; kept up to date row by row it costs twice the time. It covers all
    // columns, so that a walk along it never goes back to the table.
    database_->execute("COMMIT; CREATE INDEX temp.wanted_by_video ON wanted(video, start, end, row, label, split)");
    statement clips = database_->prepare(
        "SELECT count(*), count(DISTINCT video) FROM (SELECT DISTINCT video, start, end FROM temp.wanted)");
    clips.step();
    return {rows_, static_cast<std::uint64_t>(clips.integer(0)), static_cast<std::uint64_t>(clips.integer(1))};
}

std::vector<wanted_clip> work_list::after(const wanted_clip* last, std::size_t most)
{
    // A page at a time, not one long SELECT: an open one would keep the ledger's log from ever being folded back.
    statement next = database_->prepare(
        "SELECT w.video, w.start, w.end, w.label, w.split, w.row, c.video, c.reason, c.message, c.attempts, c.bytes,"
        " c.modified_ns, c.frames, c.fetched"
        " FROM temp.wanted w LEFT JOIN main.clip c USING(video, start, end, label)"
        " WHERE (w.video, w.start, w.end) > (?1, ?2, ?3) ORDER BY w.video, w.start, w.end, w.row LIMIT ?4");
    const clip_request none;
    const clip_request& from = last ? last->clip : none;
    next.bind(from.video, std::int64_t{from.wanted.start.count()}, std::int64_t{from.wanted.end.count()},
              std::uint64_t{most});

    std::vector<wanted_clip> page;
    while (next.step()) {
        clip_request clip = clip_in(next, 0);
        if (!page.empty() && page.back().clip.video == clip.video && page.back().clip.wanted == clip.wanted) continue;
        wanted_clip& wanted = page.emplace_back();
        wanted.clip = std::move(clip);
        wanted.row = static_cast<std::uint64_t>(next.integer(5));
        if (next.is_null(6)) continue;
        clip_record& before = wanted.before.emplace();
        if (!next.is_null(7)) before.failed = reason_from(next.text(7)).value_or(reason::unknown);
        before.message = next.text(8);
        before.attempts = static_cast<unsigned>(next.integer(9));
        before.file = {static_cast<std::uint64_t>(next.integer(10)), next.integer(11)};
        before.frames = next.integer(12);
        before.fetched = static_cast<std::uint64_t>(next.integer(13));
    }
    return page;
}

void work_list::settle(std::uint64_t row, standing how, std::string_view message)
{
    settle_.bind(row, static_cast<std::int64_t>(how), message);
    settle_.run();
}

void work_list::visit(const std::function<void(const clip_request&, standing, const std::string&)>& visitor)
{
    statement all = database_->prepare(
        "SELECT w.video, w.start, w.end, w.label, w.split, s.standing, s.message"
        " FROM temp.wanted w LEFT JOIN temp.settled s USING(row)"
        " WHERE w.row = (SELECT min(row) FROM temp.wanted f WHERE f.video = w.video AND f.start = w.start AND f.end = "
        "w.end)"
        " ORDER BY w.row");
    while (all.step()) {
        const auto how = all.is_null(5) ? standing::pending : static_cast<standing>(all.integer(5));
        visitor(clip_in(all, 0), how, all.text(6));
    }
}

}  // namespace reelpipe
