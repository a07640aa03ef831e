#include "pipeline/list_intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "folder/manifest/clip_stream.hpp"
#include "folder/read_list.hpp"
#include "pipeline/row_filter.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/annotations/row.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace {

using warn_function = std::function<void(const std::string&)>;

constexpr std::size_t max_labels = 100'000;

// Labels that some readers and file systems take for one: they differ only by case, or by blank and underscore.
class similar_labels {
public:
    // The warning for the user if this label is one of two such; else nothing. Each label is to be looked at once.
    std::optional<std::string> look_at(const std::string& label)
    {
        if (first_.size() > max_labels) return std::nullopt;
        std::string alike = label;
        for (char& c : alike) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            if (c == ' ') c = '_';
        }
        const auto [first, is_new] = first_.try_emplace(std::move(alike), label);
        if (is_new || ++told_ > max_told) return std::nullopt;
        return fmt::format(
            "the labels '{}' and '{}' differ only by case, or by blank and underscore; each has a folder",
            first->second, label);
    }

private:
    static constexpr unsigned max_told = 5;

    std::unordered_map<std::string, std::string> first_;
    unsigned told_ = 0;
};

// Labels of the rows so far. Of more than it remembers, it calls each one new.
class seen_labels {
public:
    bool is_new(const std::string& label)
    {
        if (!seen_.empty() && label == last_) return false;
        last_ = label;
        if (seen_.size() > max_labels) return !seen_.contains(label);
        return seen_.insert(label).second;
    }

private:
    std::string last_;
    std::unordered_set<std::string> seen_;
};

// Labels whose folders would have the name of a file that the run writes.
class taken_names {
public:
    explicit taken_names(const files_of_run& run)
    {
        std::error_code unknown;
        for (const std::filesystem::path& file : run.own_files)
            if (!file.empty() &&
                std::filesystem::equivalent(file.has_parent_path() ? file.parent_path() : ".", run.output, unknown))
                names_.insert(file.filename().string());
    }

    // A note for the user about a label that is stored elsewhere. Throws usage_error for one that cannot be stored.
    std::optional<std::string> look_at(const std::string& label)
    {
        const bool is_reserved = store::is_reserved(label);
        if (!is_reserved && names_.empty()) return std::nullopt;
        const std::string folder = store::label_folder(label);
        if (names_.contains(folder))
            throw usage_error(fmt::format(
                "the label '{}' needs a folder where this run writes a file of that name; name another file", label));
        if (!is_reserved || !told_.insert(label).second) return std::nullopt;
        return fmt::format("the clips with the label '{}' are in the folder {}: the label is the name of a file there",
                           label, folder);
    }

private:
    std::unordered_set<std::string> names_{}, told_{};
};

// Calls `take` with each clip that the manifest's folder has stored, until it says false.
template <class Take> void read_manifest(const std::filesystem::path& manifest, Take take)
{
    manifest_stream clips(manifest);
    while (const std::optional<manifest_clip> each = clips.next())
        if (!each->failed && !take(each->clip)) return;
}

void check(const wanted_options& options)
{
    if (options.lists.empty() && options.like.empty() && !options.clips)
        throw usage_error("no annotation list was given: name a LIST, or a MANIFEST with --like");
    if (!options.lists.empty() && !options.like.empty())
        throw usage_error("--like takes the clips from its manifest: leave the lists out");
    const auto count_inputs = [](const auto&... lists) { return (std::ranges::count(lists, "-") + ...); };
    if (count_inputs(options.lists, options.exclude, options.only) > 1)
        throw usage_error("standard input, -, can be read once: name it once among LIST, --exclude and --only");
    if (options.shard == 0 || options.shard > options.shards)
        throw usage_error(fmt::format("shard {} of {}: shards are counted from 1", options.shard, options.shards));
    if (options.seed && options.sample == 0 && options.per_label == 0)
        throw usage_error("--seed needs --sample or --per-label");
    if (options.window.count() <= 0) throw usage_error("--window must be longer than 0");
}

// A slip of the pen should not look like a finished run.
void check_choice(const wanted_options& options, const row_filter& filter, const warn_function& warn)
{
    if (!options.split.empty() && !filter.saw_split())
        throw usage_error(fmt::format("no row of the lists has the split '{}'", options.split));
    const std::vector<std::string> unseen = filter.labels().unseen();
    if (unseen.empty()) return;
    const std::string missing = fmt::format("no row of the lists has the label '{}'{}", fmt::join(unseen, "' or '"),
                                            options.split.empty() ? "" : " and the split");
    if (!filter.labels().saw_any()) throw usage_error(missing);
    warn(missing);
}

}  // namespace

std::uint64_t read_lists(const wanted_options& options, bool youtube_ids, const run_events& events, work_list& wanted,
                         const files_of_run& files)
{
    check(options);
    const warn_function warn = [&events](const std::string& line) {
        if (events.on_message) events.on_message(severity::warning, line);
    };
    annotations::list_options how{.format = options.list_format,
                                  .columns = options.columns,
                                  .window = options.window,
                                  .negatives = options.negatives,
                                  .cc_only = options.cc_only,
                                  .youtube_ids = youtube_ids};
    const annotations::list_options by_id{.columns = options.columns,
                                          .columns_if_unknown = true,
                                          .window = options.window,
                                          .negatives = true,
                                          .ids_suffice = true};
    std::uint64_t bad_rows = 0;
    bool is_any_excluded = false, is_any_named = false;
    for (const std::string& name : options.exclude)
        bad_rows += read_list(name, by_id, warn, [&](const clip_request& clip) {
            wanted.exclude(clip);
            is_any_excluded = true;
            return true;
        });
    for (const std::string& name : options.only)
        bad_rows += read_list(name, by_id, warn, [&](const clip_request& clip) {
            wanted.allow(clip);
            is_any_named = true;
            return true;
        });
    if (!options.only.empty() && !is_any_named) throw usage_error("--only names no clip: its list has no row");
    seen_labels seen;
    similar_labels labels;
    taken_names taken(files);
    const auto is_full = [&] { return options.limit != 0 && wanted.rows() == options.limit; };
    const auto admits = [&](const clip_request& clip) { return wanted.admits(clip); };
    const auto take = [&](const clip_request& clip) {
        if (is_full()) return false;
        wanted.add(clip);
        if (!seen.is_new(clip.label)) return !is_full();
        if (const auto alike = labels.look_at(clip.label)) warn(*alike);
        if (const auto elsewhere = taken.look_at(clip.label)) warn(*elsewhere);
        return !is_full();
    };
    row_filter filter(options, admits, take);
    for (const std::string& name : options.lists)
        if (!is_full())
            bad_rows += read_list(name, how, warn, [&](const clip_request& clip) { return filter.offer(clip); });
    if (!options.like.empty())
        read_manifest(options.like, [&](const clip_request& clip) { return filter.offer(clip); });
    if (options.clips)
        while (const std::optional<clip_request> clip = options.clips())
            if (!filter.offer(*clip)) break;
    filter.finish();
    if (!is_full()) check_choice(options, filter, warn);
    if (!is_full() && is_any_excluded && !wanted.has_excluded())
        warn("--exclude names no row of the lists, so nothing was left out");
    if (wanted.rows() == 0 && !options.only.empty() && options.shards == 1)
        throw usage_error(options.exclude.empty() ? "no row of the lists is one of --only"
                                                  : "no row of the lists is one of --only and none of --exclude");
    return bad_rows;
}

}  // namespace reelpipe
