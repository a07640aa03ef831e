#include "reelpipe/clip_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "folder/clip_row_query.hpp"
#include "folder/readable_ledger.hpp"
#include "ledger/database.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace {

constexpr const char* in_order = " ORDER BY c.video, c.start, c.end, c.label";

// A partial index is used only for a condition that is written as in the index.
std::string condition_of(const clip_choice& choice)
{
    std::string all;
    if (choice.label) all += " AND c.label = ?5";
    if (choice.failed) all += choice.label ? " AND c.reason = ?6" : " AND c.reason = ?5";
    if (choice.ended == clip_choice::outcome::stored) all += " AND c.reason IS NULL";
    if (choice.ended == clip_choice::outcome::failed) all += " AND c.reason IS NOT NULL";
    if (choice.shorter) all += " AND c.missing_s > 0";
    return all;
}

// A state of the ledger, whatever a run writes meanwhile.
class reading {
public:
    explicit reading(database& db) : db_(db) { db_.execute("BEGIN"); }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;
    ~reading() { db_.roll_back(); }

private:
    database& db_;
};

std::int64_t ticks(std::chrono::microseconds time) { return time.count(); }

std::uint64_t count_in(const statement& row, int column) { return static_cast<std::uint64_t>(row.integer(column)); }

std::vector<clip_row> rows_of(statement& query)
{
    std::vector<clip_row> rows;
    while (query.step()) rows.push_back(read_clip_row(query));
    return rows;
}

}  // namespace

class clip_pages::implementation {
public:
    explicit implementation(const std::filesystem::path& folder) : folder_(folder), db_(readable_ledger(folder))
    {
        if (const int found = version_of(db_); found < oldest_with_facts() || found > schema_version())
            throw usage_error(
                fmt::format("its version is {}, but this reelpipe reads only {} to {}; {}", found, oldest_with_facts(),
                            schema_version(),
                            found < schema_version() ? "the next download updates it" : "use the one that wrote it"));
    }

    const std::filesystem::path& folder() const { return folder_; }

    const clip_numbers& count()
    {
        statement changes = db_.prepare("PRAGMA data_version");
        changes.step();
        const std::int64_t now = changes.integer(0);
        if (!numbers_ || now != counted_at_) numbers_ = count_anew();
        counted_at_ = now;
        return *numbers_;
    }

    std::vector<clip_row> after(const std::optional<clip_request>& last, const clip_choice& choice, std::size_t most)
    {
        using std::chrono::microseconds;
        const int version = version_of(db_);
        if (choice.shorter && version < oldest_with_attempts()) return {};
        const clip_request before_all{
            .video = {}, .wanted = {microseconds(-1), microseconds(-1)}, .label = {}, .split = {}};
        const auto& [video, wanted, label, split] = last ? *last : before_all;
        const std::string_view why = choice.failed ? to_string(*choice.failed) : "";
        statement query =
            db_.prepare(clip_row_query(version) + " WHERE (c.video, c.start, c.end, c.label) > (?1, ?2, ?3, ?4)" +
                        condition_of(choice) + in_order + fmt::format(" LIMIT {}", most));
        if (choice.label && choice.failed)
            query.bind(video, ticks(wanted.start), ticks(wanted.end), label, *choice.label, why);
        else if (choice.label)
            query.bind(video, ticks(wanted.start), ticks(wanted.end), label, *choice.label);
        else if (choice.failed)
            query.bind(video, ticks(wanted.start), ticks(wanted.end), label, why);
        else
            query.bind(video, ticks(wanted.start), ticks(wanted.end), label);
        return rows_of(query);
    }

    std::vector<clip_row> of_segment(const clip_request& clip)
    {
        statement query = db_.prepare(clip_row_query(version_of(db_)) +
                                      " WHERE c.video = ?1 AND c.start = ?2 AND c.end = ?3" + in_order);
        query.bind(clip.video, ticks(clip.wanted.start), ticks(clip.wanted.end));
        return rows_of(query);
    }

private:
    // What failed has an index of its own. The sign keeps SQLite from the index of labels, by which it would look up
    // every clip.
    clip_numbers count_anew()
    {
        const reading moment(db_);  // all that is counted is of one
        clip_numbers all;
        std::map<std::string, clip_numbers::of_label> labels;
        const auto of = [&labels](const statement& row) -> clip_numbers::of_label& {
            clip_numbers::of_label& found = labels[row.text(0)];
            found.label = row.text(0);
            return found;
        };
        const auto each = [this](const char* sql, auto take) {
            statement rows = db_.prepare(sql);
            while (rows.step()) take(rows);
        };
        each("SELECT label, count(*) FROM clip GROUP BY label", [&](const statement& row) {
            of(row).stored = count_in(row, 1);
            all.stored += count_in(row, 1);
        });
        each("SELECT label, count(*) FROM clip WHERE reason IS NOT NULL GROUP BY +label", [&](const statement& row) {
            of(row).stored -= count_in(row, 1);
            of(row).failed = count_in(row, 1);
            all.stored -= count_in(row, 1);
            all.failed += count_in(row, 1);
        });
        each("SELECT reason, count(*) FROM clip WHERE reason IS NOT NULL GROUP BY reason ORDER BY 2 DESC, 1",
             [&](const statement& row) {
                 all.reasons.push_back({reason_from(row.view(0)).value_or(reason::unknown), count_in(row, 1)});
             });
        if (version_of(db_) >= oldest_with_attempts())
            each("SELECT count(*) FROM clip WHERE missing_s > 0",
                 [&](const statement& row) { all.shorter = count_in(row, 0); });
        if (version_of(db_) >= oldest_with_hosts())
            each("SELECT label, clips FROM pending", [&](const statement& row) {
                of(row).pending = count_in(row, 1);
                all.pending += count_in(row, 1);
            });
        for (auto& [name, counts] : labels) all.labels.push_back(std::move(counts));
        return all;
    }

    std::filesystem::path folder_;
    database db_;
    std::optional<clip_numbers> numbers_{};
    std::int64_t counted_at_ = 0;
};

clip_pages::clip_pages(const std::filesystem::path& folder)
try : implementation_(std::make_unique<implementation>(folder)) {
} catch (const std::exception& e) {
    throw about_ledger(folder, e);
}

clip_pages::~clip_pages() = default;

clip_numbers clip_pages::count()
try {
    return implementation_->count();
} catch (const database_error& e) {
    throw about_ledger(implementation_->folder(), e);
}

std::vector<clip_row> clip_pages::after(const std::optional<clip_request>& last, const clip_choice& choice,
                                        std::size_t most)
try {
    return implementation_->after(last, choice, most);
} catch (const database_error& e) {
    throw about_ledger(implementation_->folder(), e);
}

std::vector<clip_row> clip_pages::of_segment(const clip_request& clip)
try {
    return implementation_->of_segment(clip);
} catch (const database_error& e) {
    throw about_ledger(implementation_->folder(), e);
}

std::optional<clip_row> clip_pages::find(const clip_request& clip)
{
    for (clip_row& each : of_segment(clip))
        if (each.clip.label == clip.label) return std::move(each);
    return std::nullopt;
}

}  // namespace reelpipe
