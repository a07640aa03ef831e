#include "reelpipe/clip_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <utility>

#include "folder/clip_hasher.hpp"
#include "folder/clip_row_query.hpp"
#include "folder/readable_ledger.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t clips_of_a_page = 256;

database checked_ledger(const std::filesystem::path& folder)
{
    database db = readable_ledger(folder);
    db.execute("BEGIN");  // all that is read is of one moment
    if (const int found = version_of(db); found < oldest_with_facts() || found > schema_version())
        throw usage_error(fmt::format(
            "its version is {}, but this reelpipe reads only {} to {}; {}", found, oldest_with_facts(),
            schema_version(), found < schema_version() ? "the next download updates it" : "use the one that wrote it"));
    return db;
}

std::vector<std::string> labels_in(database& db)
{
    statement all = db.prepare(fmt::format("SELECT label FROM clip WHERE label <> ''{} ORDER BY 1",
                                           version_of(db) >= oldest_with_hosts()
                                               ? " UNION SELECT label FROM pending WHERE label <> ''"
                                               : " GROUP BY label"));
    std::vector<std::string> labels;
    while (all.step()) labels.push_back(all.text(0));
    return labels;
}

}  // namespace

class clip_row_reader::implementation {
public:
    implementation(const std::filesystem::path& folder, const std::optional<clip_hashing>& hashing)
        : db_(checked_ledger(folder)),
          labels_(labels_in(db_)),
          rows_(db_.prepare(clip_row_query(version_of(db_)) + " ORDER BY c.video, c.start, c.end, c.label"))
    {
        if (hashing) hasher_.emplace(folder, *hashing);
    }

    const std::vector<std::string>& labels() const { return labels_; }

    std::optional<clip_row> next()
    {
        if (!hasher_) return read();
        if (waiting_.empty()) read_page();
        if (waiting_.empty()) return std::nullopt;
        clip_row first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }

    void rewind()
    {
        rows_.reset();
        has_ended_ = false;
        waiting_.clear();
    }

private:
    void read_page()
    {
        std::vector<clip_row> page;
        while (page.size() < clips_of_a_page) {
            std::optional<clip_row> row = read();
            if (!row) break;
            page.push_back(std::move(*row));
        }
        hasher_->read(page);
        std::ranges::move(page, std::back_inserter(waiting_));
    }

    std::optional<clip_row> read()
    {
        has_ended_ = has_ended_ || !rows_.step();  // a step behind the end would be the first one again
        if (has_ended_) return std::nullopt;
        clip_row row = read_clip_row(rows_);
        const auto label = std::ranges::lower_bound(labels_, row.clip.label);
        if (label != labels_.end() && *label == row.clip.label)
            row.label_index = static_cast<std::size_t>(label - labels_.begin());
        return row;
    }

    database db_;
    std::vector<std::string> labels_;
    statement rows_;
    bool has_ended_ = false;
    std::optional<clip_hasher> hasher_;
    std::deque<clip_row> waiting_{};  // whose files were read
};

clip_row_reader::clip_row_reader(const std::filesystem::path& folder, const std::optional<clip_hashing>& hashing)
try : implementation_(std::make_unique<implementation>(folder, hashing)) {
} catch (const std::exception& e) {
    throw about_ledger(folder, e);
}

clip_row_reader::~clip_row_reader() = default;

const std::vector<std::string>& clip_row_reader::labels() const { return implementation_->labels(); }

std::optional<clip_row> clip_row_reader::next()
try {
    return implementation_->next();
} catch (const database_error& e) {
    throw usage_error(fmt::format("the ledger cannot be read to its end: {}", e.what()));
}

void clip_row_reader::rewind() { implementation_->rewind(); }

}  // namespace reelpipe
