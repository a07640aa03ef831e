#include "ledger/work_list.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace reelpipe {

namespace {

// Losing a temporary table loses nothing, so it has no journal; a small cache bounds the memory.
constexpr const char* tables =
    "PRAGMA temp_store = FILE; PRAGMA temp.page_size = 16384;"
    "PRAGMA temp.journal_mode = OFF; PRAGMA temp.synchronous = OFF; PRAGMA temp.cache_size = -16000;"
    "PRAGMA main.cache_size = -8000; PRAGMA threads = 1;"
    "CREATE TEMP TABLE wanted(row INTEGER PRIMARY KEY, turn INTEGER NOT NULL, video TEXT NOT NULL, start INTEGER NOT "
    "NULL,"
    " end INTEGER NOT NULL, label TEXT NOT NULL, split TEXT NOT NULL);"
    "CREATE TEMP TABLE excluded(video TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,"
    " PRIMARY KEY(video, start, end)) WITHOUT ROWID;"
    "CREATE TEMP TABLE allowed(video TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,"
    " PRIMARY KEY(video, start, end)) WITHOUT ROWID;"
    "BEGIN";

// The ledger's facts about a clip as columns of the table clip, in the order in which a row holds them.
constexpr const char* record_columns =
    "c.video, c.reason, c.message, c.attempts, c.bytes, c.modified_ns, c.frames, c.fetched, c.duration_s, c.streams, "
    "c.asked, c.missing_s";
constexpr int record_width = 12;  // so many columns

database& with_lists(database& db)
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

std::optional<clip_record> record_in(const statement& found, int column)
{
    if (found.is_null(column)) return std::nullopt;
    clip_record r;
    if (!found.is_null(column + 1)) r.failed = reason_from(found.text(column + 1)).value_or(reason::unknown);
    r.message = found.text(column + 2);
    r.attempts = static_cast<unsigned>(found.integer(column + 3));
    r.file = {static_cast<std::uint64_t>(found.integer(column + 4)), found.integer(column + 5)};
    r.frames = found.integer(column + 6);
    r.fetched = static_cast<std::uint64_t>(found.integer(column + 7));
    r.duration_s = found.number(column + 8);
    r.streams = found.text(column + 9);
    r.asked = found.integer(column + 10);
    r.missing_s = found.number(column + 11);
    return r;
}

}  // namespace

work_list::work_list(database& db, const std::filesystem::path& temporary, turn_function turn)
    : database_(&with_lists(db)),
      turn_(std::move(turn)),
      order_(turn_ ? "turn, video, start, end, label" : "video, start, end, label"),
      notes_(temporary),
      add_(db.prepare("INSERT INTO temp.wanted(video, start, end, label, split, turn) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")),
      excluded_(db, "temp.excluded"),
      allowed_(db, "temp.allowed")
{
}

work_list::named_clips::named_clips(database& db, std::string_view table)
    : insert_(db.prepare(fmt::format("INSERT OR IGNORE INTO {} VALUES(?1, ?2, ?3)", table))),
      find_(db.prepare(fmt::format(
          "SELECT 1 FROM {} WHERE video = ?1 AND ((start = ?2 AND end = ?3) OR (start = 0 AND end = 0))", table)))
{
}

void work_list::named_clips::insert(const clip_request& clip)
{
    insert_.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()});
    insert_.run();
    is_empty_ = false;
}

bool work_list::named_clips::contains(const clip_request& clip)
{
    find_.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()});
    const bool found = find_.step();
    find_.reset();
    return found;
}

bool work_list::admits(const clip_request& clip)
{
    if (!excluded_.is_empty() && excluded_.contains(clip)) {
        has_excluded_ = true;
        return false;
    }
    return allowed_.is_empty() || allowed_.contains(clip);
}

void work_list::add(const clip_request& clip)
{
    add_.bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()}, clip.label,
              clip.split, turn_of(clip.video));
    add_.run();
    statuses_.push_back(row_status::pending);
}

work_list::size work_list::seal()
{
    // An index made at the end is sorted once; kept up to date row by row it costs twice the time. It covers all
    // columns, so that a walk along it never goes back to the table.
    database_->execute(
        fmt::format("COMMIT; CREATE INDEX temp.wanted_in_order ON wanted({}, row, split)", order_).c_str());
    size counted{.rows = rows()};
    std::string video, label;
    segment wanted;
    statement sorted = database_->prepare(
        fmt::format("SELECT video, start, end, row, label FROM temp.wanted ORDER BY {}, row", order_));
    while (sorted.step()) {
        const segment next{std::chrono::microseconds(sorted.integer(1)), std::chrono::microseconds(sorted.integer(2))};
        const bool same_video = counted.videos > 0 && sorted.view(0) == video;
        if (same_video && next == wanted && sorted.view(4) == label) {
            settle(static_cast<std::uint64_t>(sorted.integer(3)), row_status::repeated);
            continue;
        }
        ++counted.clips;
        if (!same_video) {
            ++counted.videos;
            video = sorted.view(0);
        }
        wanted = next;
        label = sorted.view(4);
    }
    return counted;
}

std::vector<wanted_clip> work_list::after(const wanted_clip* last, std::size_t most)
{
    // A page at a time, not one long SELECT: an open one would keep the ledger's log from ever being folded back.
    if (!page_)
        page_ =
            database_->prepare(fmt::format("SELECT video, start, end, label, w.split, row, {}"
                                           " FROM temp.wanted w LEFT JOIN main.clip c USING(video, start, end, label)"
                                           " WHERE ({}) > ({}?1, ?2, ?3, ?4) ORDER BY {}, row LIMIT ?5",
                                           record_columns, order_, turn_ ? "?6, " : "", order_));
    statement& next = *page_;
    constexpr std::int64_t none_yet = -1;
    const clip_request none;
    const clip_request& from = last ? last->clip : none;
    const std::int64_t start = from.wanted.start.count(), end = from.wanted.end.count();
    if (turn_)
        next.bind(from.video, start, end, from.label, std::uint64_t{most}, last ? turn_of(from.video) : none_yet);
    else
        next.bind(from.video, start, end, from.label, std::uint64_t{most});

    std::vector<wanted_clip> page;
    page.reserve(most);
    while (next.step()) {
        const auto row = static_cast<std::uint64_t>(next.integer(5));
        if (statuses_[row - 1] == row_status::repeated) continue;
        page.push_back({.row = row, .clip = clip_in(next, 0), .before = record_in(next, 6)});
    }
    next.reset();
    return page;
}

std::vector<wanted_clip> work_list::of_video(std::string_view video)
{
    if (!of_video_)
        of_video_ = database_->prepare(
            fmt::format("SELECT video, start, end, label, split, row FROM temp.wanted WHERE video = ?1{}"
                        " ORDER BY start, end, label, row",
                        turn_ ? " AND turn = ?2" : ""));
    if (turn_)
        of_video_->bind(video, turn_of(video));
    else
        of_video_->bind(video);
    std::vector<wanted_clip> all;
    while (of_video_->step()) {
        const auto row = static_cast<std::uint64_t>(of_video_->integer(5));
        if (statuses_[row - 1] != row_status::repeated) all.push_back({.row = row, .clip = clip_in(*of_video_, 0)});
    }
    of_video_->reset();
    return all;
}

std::vector<wanted_clip> work_list::stored_under_other_labels(const clip_request& clip)
{
    if (!of_segment_)
        of_segment_ = database_->prepare(fmt::format(
            "SELECT video, start, end, label, split, {}, c.packets, c.source, c.copied, ifnull(c.encoded_because, '')"
            " FROM main.clip c WHERE video = ?1 AND start = ?2 AND end = ?3 AND label <> ?4 AND reason IS NULL",
            record_columns));
    of_segment_->bind(clip.video, std::int64_t{clip.wanted.start.count()}, std::int64_t{clip.wanted.end.count()},
                      clip.label);
    std::vector<wanted_clip> all;
    while (of_segment_->step()) {
        wanted_clip& found = all.emplace_back(wanted_clip{.clip = clip_in(*of_segment_, 0)});
        found.before = record_in(*of_segment_, 5);
        constexpr int behind = 5 + record_width;
        found.before->packets = of_segment_->integer(behind);
        found.before->source = of_segment_->text(behind + 1);
        found.before->copied = of_segment_->integer(behind + 2);
        found.before->encoded_because = of_segment_->text(behind + 3);
    }
    of_segment_->reset();
    return all;
}

void work_list::settle(std::uint64_t row, row_status how, std::string_view note)
{
    statuses_[row - 1] = how;
    if (!note.empty()) notes_.keep(row, note);
}

void work_list::visit(const std::function<void(const clip_request&, row_status, std::string_view)>& visitor)
{
    statement all = database_->prepare("SELECT video, start, end, label, split, row FROM temp.wanted ORDER BY row");
    while (all.step()) {
        const auto row = static_cast<std::uint64_t>(all.integer(5));
        const row_status how = statuses_[row - 1];
        if (how != row_status::repeated) visitor(clip_in(all, 0), how, notes_.of(row));
    }
}

void work_list::visit_shorter(const std::function<void(const clip_request&, double missing_s)>& visitor)
{
    statement all = database_->prepare(
        "SELECT w.video, w.start, w.end, w.label, w.split, w.row, c.missing_s"
        " FROM main.clip c JOIN temp.wanted w USING(video, start, end, label)"
        " WHERE c.reason IS NULL AND c.missing_s > 0 ORDER BY w.row");
    while (all.step())
        if (statuses_[static_cast<std::size_t>(all.integer(5)) - 1] != row_status::repeated)
            visitor(clip_in(all, 0), all.number(6));
}

}  // namespace reelpipe
