#include "pipeline/list_intake.hpp"

#include <fmt/format.h>

#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "reelpipe/usage_error.hpp"
#include "stages/annotations/list_reader.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace {

using warn_function = std::function<void(const std::string&)>;

constexpr std::size_t rows_ahead = 1024;
constexpr unsigned rows_told = 5;  // malformed ones of a list, one by one; the others are counted

// Decides which rows are wanted.
class row_filter {
public:
    explicit row_filter(const wanted_options& options) : options_(options)
    {
        for (const std::string& label : options.labels) labels_.emplace(label, false);
    }

    bool passes(const clip_request& clip)
    {
        if (!options_.split.empty() && clip.split != options_.split) return false;
        if (options_.shards > 1 && shard_of(clip.video, options_.shards) != options_.shard) return false;
        if (labels_.empty()) return true;
        const auto label = labels_.find(clip.label);
        if (label == labels_.end()) return false;
        label->second = true;
        return true;
    }

    std::vector<std::string> unseen_labels() const
    {
        std::vector<std::string> unseen;
        for (const auto& [label, seen] : labels_)
            if (!seen) unseen.push_back(label);
        return unseen;
    }

private:
    const wanted_options& options_;
    std::map<std::string, bool> labels_;  // and whether a row has it
};

std::vector<annotations::row> next_rows(annotations::list_reader& list, std::size_t most)
{
    std::vector<annotations::row> rows;
    while (rows.size() < most) {
        std::optional<annotations::row> row = list.next();
        if (!row) break;
        rows.push_back(std::move(*row));
    }
    return rows;
}

// Calls `take` with each good row until it says false. Returns how many were malformed.
template <class Take> std::uint64_t read_list(const std::string& name, const warn_function& warn, Take take)
try {
    std::uint64_t bad_rows = 0;
    annotations::list_reader list(name);
    // Of a file the next rows are read while these are taken; what comes in by hand or from a program is not read
    // further than it is wanted.
    const bool is_file = name != "-";
    const auto read_on = [&list, is_file] {
        return std::async(is_file ? std::launch::async : std::launch::deferred, next_rows, std::ref(list),
                          is_file ? rows_ahead : std::size_t{1});
    };
    std::future<std::vector<annotations::row>> coming = read_on();
    for (bool wants_more = true; wants_more;) {
        const std::vector<annotations::row> rows = coming.get();
        if (rows.empty()) break;
        coming = read_on();
        for (const annotations::row& row : rows) {
            if (const auto* wrong = std::get_if<annotations::row_error>(&row.content)) {
                if (++bad_rows <= rows_told)
                    warn(fmt::format("{}:{}: {}; row skipped", name, row.line, wrong->message));
                continue;
            }
            wants_more = take(std::get<clip_request>(row.content));
            if (!wants_more) break;
        }
    }
    if (bad_rows > rows_told) warn(fmt::format("{}: {} more invalid rows were skipped", name, bad_rows - rows_told));
    return bad_rows;
} catch (const annotations::not_a_list& e) {
    throw usage_error(e.what());
} catch (const std::system_error& e) {
    throw usage_error(e.what());
}

}  // namespace

unsigned shard_of(std::string_view video, unsigned shards)
{
    const std::uint64_t hash = store::stable_hash(video);
    return static_cast<unsigned>((hash ^ (hash >> 32)) % shards) + 1;  // the low bits of FNV alone are weak
}

std::uint64_t read_lists(const wanted_options& options, const run_events& events, work_list& wanted)
{
    if (options.lists.empty()) throw usage_error("no annotation list was given");
    if (options.shard == 0 || options.shard > options.shards)
        throw usage_error(fmt::format("shard {} of {}: shards are counted from 1", options.shard, options.shards));
    const auto warn = [&events](const std::string& line) {
        if (events.on_message) events.on_message(severity::warning, line);
    };
    std::uint64_t bad_rows = 0;
    for (const std::string& name : options.exclude)
        bad_rows += read_list(name, warn, [&](const clip_request& clip) {
            wanted.exclude(clip);
            return true;
        });
    row_filter filter(options);
    for (const std::string& name : options.lists)
        bad_rows += read_list(name, warn, [&](const clip_request& clip) {
            if (!filter.passes(clip)) return true;
            if (options.limit != 0 && wanted.rows() == options.limit) return false;
            wanted.add(clip);
            return true;
        });
    // A slip of the pen should not look like a finished run.
    if (wanted.rows() == 0 && !options.split.empty() && options.shards == 1)
        throw usage_error(fmt::format("no row of the lists has the split '{}'{}", options.split,
                                      options.labels.empty() ? "" : " and one of the labels"));
    const bool all_were_read = options.limit == 0 || wanted.rows() < options.limit;
    const std::vector<std::string> unseen = all_were_read ? filter.unseen_labels() : std::vector<std::string>{};
    const std::string missing = fmt::format("no row of the lists has the label '{}'", fmt::join(unseen, "' or '"));
    if (!unseen.empty() && unseen.size() == options.labels.size() && options.shards == 1) throw usage_error(missing);
    if (!unseen.empty() && options.shards == 1) warn(missing);
    return bad_rows;
}

}  // namespace reelpipe
