#include "reelpipe/clip_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <deque>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "folder/clip_hasher.hpp"
#include "folder/readable_ledger.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t clips_of_a_page = 256;

// The run that came to an outcome says how it spelled the times in the name.
constexpr const char* clips_in_order =
    "SELECT c.video, c.start, c.end, c.label, c.reason, c.message, c.attempts, c.recorded, c.bytes, c.modified_ns,"
    " c.frames, c.duration_s, c.streams,"
    " coalesce(json_extract(r.options, '$.\"--trim-format\"'),"
    "  (SELECT value FROM output_option WHERE name = '--trim-format'), '%06d'), {}, {}, {}, {}"
    " FROM clip c LEFT JOIN run r ON r.id = c.run ORDER BY c.video, c.start, c.end, c.label";

// Empty where only the warnings of its resolver were kept.
constexpr const char* metadata_of_video = "(SELECT metadata FROM video WHERE id = c.video)";

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

void read_metadata(std::string_view json, clip_row& row)
{
    if (json.empty()) return;
    const nlohmann::json all = nlohmann::json::parse(json, nullptr, false);
    const auto text_of = [&all](const char* name) {
        const auto found = all.is_object() ? all.find(name) : all.end();
        return all.is_object() && found != all.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    row.title = text_of("title");
    row.channel = text_of("channel");
    if (row.channel.empty()) row.channel = text_of("uploader");
    row.upload_date = text_of("upload_date");
    row.license = text_of("license");
}

// "h264 320x180, audio"
void read_streams(std::string_view text, clip_row& row)
{
    constexpr std::string_view with_audio = ", audio";
    row.audio = text.ends_with(with_audio);
    if (row.audio) text.remove_suffix(with_audio.size());
    const std::size_t space = text.find(' ');
    row.codec = text.substr(0, space);
    if (space == std::string_view::npos) return;
    text.remove_prefix(space + 1);
    const std::size_t cross = std::min(text.find('x'), text.size());
    std::from_chars(text.data(), text.data() + cross, row.width);
    if (cross < text.size()) std::from_chars(text.data() + cross + 1, text.data() + text.size(), row.height);
}

}  // namespace

class clip_row_reader::implementation {
public:
    implementation(const std::filesystem::path& folder, const std::optional<clip_hashing>& hashing)
        : db_(checked_ledger(folder)),
          labels_(labels_in(db_)),
          rows_(db_.prepare(fmt::format(clips_in_order, version_of(db_) >= oldest_with_attempts() ? "c.missing_s" : "0",
                                        version_of(db_) >= oldest_with_splits() ? "c.split" : "''",
                                        version_of(db_) >= oldest_with_sources() ? "c.packets, c.source" : "0, ''",
                                        version_of(db_) >= oldest_with_splits() ? metadata_of_video : "''")))
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
        clip_row row{.clip = {.video = rows_.text(0),
                              .wanted = {std::chrono::microseconds(rows_.integer(1)),
                                         std::chrono::microseconds(rows_.integer(2))},
                              .label = rows_.text(3),
                              .split = rows_.text(15)}};
        const store::trim_format trim(rows_.view(13));
        row.id = store::clip_id(row.clip, trim);
        const auto label = std::ranges::lower_bound(labels_, row.clip.label);
        if (label != labels_.end() && *label == row.clip.label)
            row.label_index = static_cast<std::size_t>(label - labels_.begin());
        row.message = rows_.text(5);
        row.attempts = static_cast<unsigned>(rows_.integer(6));
        row.recorded = rows_.text(7);
        read_metadata(rows_.view(18), row);
        if (!rows_.is_null(4)) {
            row.failed = reason_from(rows_.view(4)).value_or(reason::unknown);
            return row;
        }
        row.file = store::clip_name(row.clip, trim);
        row.bytes = static_cast<std::uint64_t>(rows_.integer(8));
        row.modified_ns = rows_.integer(9);
        row.frames = rows_.integer(10);
        row.duration_s = rows_.number(11);
        row.missing_s = rows_.number(14);
        read_streams(rows_.view(12), row);
        row.packets = rows_.integer(16);
        row.source = rows_.text(17);
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
