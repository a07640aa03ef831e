#include "reelpipe/export.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "folder/export/files_beside.hpp"
#include "folder/export/label_map.hpp"
#include "folder/export/layout.hpp"
#include "folder/export/list_file.hpp"
#include "folder/export/shards.hpp"
#include "folder/export/stored_rows.hpp"
#include "media/content_hash.hpp"
#include "reelpipe/clip_rows.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/annotations/split_name.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/output_file.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_splits = 64;  // each has open files
constexpr std::uint64_t max_told = 5;   // files of a kind that are named; the others are counted

// The output: locked against other exports, with a folder for what is unfinished that goes with the export.
class export_folder_lock {
public:
    explicit export_folder_lock(const fs::path& output) : temporary_(output / ".reelpipe-export")
    {
        fs::create_directories(temporary_);
        lock_ = open(output.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (lock_ < 0) throw std::system_error(errno, std::generic_category(), "open " + output.string());
        if (flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(lock_);
            throw usage_error(fmt::format("{}: another export is at work there; wait until it ends", output.string()));
        }
        store::remove_leftovers(temporary_);
    }
    export_folder_lock(const export_folder_lock&) = delete;
    export_folder_lock& operator=(const export_folder_lock&) = delete;
    ~export_folder_lock()
    {
        std::error_code none;
        fs::remove(temporary_, none);  // if it is empty
        close(lock_);
    }

    const fs::path& temporary() const { return temporary_; }

private:
    fs::path temporary_;
    int lock_ = -1;
};

// Without a slash at the end, which what does not exist yet would keep.
fs::path canonical_folder(const fs::path& name)
{
    const fs::path whole = fs::weakly_canonical(name);
    return whole.has_filename() ? whole : whole.parent_path();
}

fs::path checked_output(const export_options& options)
{
    check_export_output(options.folder, options.output);
    return fs::weakly_canonical(options.output);
}

struct stat facts_of(const fs::path& file)
{
    struct stat found{};
    if (stat(file.c_str(), &found) != 0) return {};
    return found;
}

bool is_same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

std::string split_of(const clip_row& row, const export_options& options)
{
    return annotations::canonical_split(row.clip.split.empty() ? options.default_split : row.clip.split);
}

// What would stop an export halfway is found before it begins.
void check_splits(const export_options& options, stored_rows& rows)
{
    std::set<std::string> splits;
    while (const std::optional<clip_row> row = rows.next()) {
        const std::string split = split_of(*row, options);
        if (split.empty() && needs_split(options.layout))
            throw usage_error(
                fmt::format("this layout has a folder for each split, and the ledger has no split of the clip {}; name "
                            "it, as in --default-split train",
                            row->id));
        splits.insert(split);
        if (splits.size() > max_splits)
            throw usage_error(fmt::format("the clips have more than {} splits", max_splits));
    }
    rows.rewind();
}

class exporter {
public:
    exporter(const export_options& options, stored_rows& rows)
        : options_(options),
          rows_(rows),
          folder_(fs::canonical(options.folder)),
          output_(checked_output(options)),
          beside_(endings_beside_clips(folder_)),
          labels_(options, rows_.labels()),
          lock_(output_),
          way_(store::find_way_to_name(lock_.temporary(), lock_.temporary()))
    {
    }

    export_summary run()
    {
        place_label_map();
        if (options_.layout == export_layout::webdataset)
            pack();
        else
            give_names();
        result_.excluded = rows_.excluded();
        store::make_names_durable(output_);
        tell_rest("has no file as it was stored; `reelpipe verify` says more", result_.missing);
        tell_rest("has another file under its name, which stays as it is", result_.foreign);
        return result_;
    }

private:
    void place_label_map()
    {
        place_list_of_labels(labels_file_in(output_), labels_.json());
        if (options_.layout != export_layout::mmaction2) return;
        std::string lines;
        for (std::string label : labels_.labels()) {
            std::ranges::replace_if(label, [](unsigned char c) { return c < 0x20; }, ' ');
            lines += label + '\n';
        }
        if (!lines.empty()) place_list_of_labels(output_ / "label_map.txt", lines);
    }

    void place_list_of_labels(const fs::path& name, const std::string& text) const
    {
        if (!place_text(name, text, lock_.temporary()))
            throw usage_error(
                fmt::format("{} is of something else, and is not replaced; choose another output", name.string()));
    }

    // The clip's file; nothing if it is not what was stored.
    std::optional<fs::path> stored_file(const clip_row& row)
    {
        ++result_.clips;
        fs::path file = folder_ / row.file;
        const struct stat found = facts_of(file);
        if (S_ISREG(found.st_mode) && static_cast<std::uint64_t>(found.st_size) == row.bytes)
            return fs::is_symlink(file) ? fs::canonical(file) : file;
        tell(row.id, "has no file as it was stored", ++result_.missing);
        return std::nullopt;
    }

    void give_names()
    {
        std::map<std::string, list_file> lists;
        std::map<std::string, std::set<std::optional<std::size_t>>> present;  // indices of labels, by split
        while (const std::optional<clip_row> row = rows_.next()) {
            const std::string split = split_of(*row, options_);
            const clip_place place = place_of(*row, split, options_.layout, labels_);
            if (!place.list.empty() && !lists.contains(place.list)) begin_list(lists, place.list);
            const std::optional<fs::path> file = stored_file(*row);
            if (!file || !give_name(*file, output_ / place.file)) continue;
            give_names_beside(folder_ / row->file, output_ / place.file);
            if (!place.list.empty()) lists.at(place.list).add(place.line);
            present[split].insert(labels_.index_of(row->clip.label));
        }
        for (auto& [name, list] : lists)
            if (!list.place())
                tell(name, "has lines that this export does not have, and is not replaced", ++result_.foreign);
        if (options_.layout != export_layout::torchvision) return;
        for (const auto& [split, indices] : present)
            if (const std::size_t others = labels_.renumbered(indices); others > 0) tell_renumbered(split, others);
    }

    void tell_renumbered(const std::string& split, std::size_t labels) const
    {
        if (options_.on_message)
            options_.on_message(
                severity::warning,
                fmt::format("torchvision numbers the folders of {} by itself: {} of {} labels get other "
                            "indices than in labels.json; docs/training.md says how to translate them",
                            split, labels, labels_.labels().size()));
    }

    void begin_list(std::map<std::string, list_file>& lists, const std::string& name) const
    {
        list_file& list = lists.try_emplace(name, output_ / name, lock_.temporary()).first->second;
        if (const std::string head = head_of_lists(options_.layout); !head.empty()) list.add(head);
    }

    // False: another file has the name.
    bool give_name(const fs::path& file, const fs::path& name)
    {
        if (store::place_again(file, name, lock_.temporary(), way_)) {
            ++(is_same_file(facts_of(file), facts_of(name)) ? result_.linked : result_.copied);
            return true;
        }
        if (!is_same_content(file, name)) {
            tell(name.string(), "is another file than the clip", ++result_.foreign);
            return false;
        }
        ++result_.present;
        return true;
    }

    void give_names_beside(const fs::path& clip, const fs::path& clip_name)
    {
        for (const std::string& ending : beside_) {
            const fs::path file = store::name_beside(clip, ending), name = store::name_beside(clip_name, ending);
            if (!S_ISREG(facts_of(file).st_mode) || store::place_again(file, name, lock_.temporary(), way_)) continue;
            if (!is_same_content(file, name)) tell(name.string(), "is another file than the clip's", ++result_.foreign);
        }
    }

    std::map<std::string, std::string> contents_beside(const fs::path& clip) const
    {
        std::map<std::string, std::string> contents;
        for (const std::string& ending : beside_)
            if (const fs::path file = store::name_beside(clip, ending); S_ISREG(facts_of(file).st_mode))
                contents.emplace(ending, content_of(file));
        return contents;
    }

    static std::string content_of(const fs::path& file)
    {
        std::ifstream from(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(from), {}};
    }

    static bool is_same_content(const fs::path& a, const fs::path& b)
    {
        const struct stat of_a = facts_of(a), of_b = facts_of(b);
        if (is_same_file(of_a, of_b)) return true;
        if (!S_ISREG(of_b.st_mode) || of_a.st_size != of_b.st_size) return false;
        const verify::clip_file first(a), second(b);
        return media::content_hash(first.descriptor()) == media::content_hash(second.descriptor());
    }

    void pack()
    {
        shards all(options_, lock_.temporary(), way_);
        while (const std::optional<clip_row> row = rows_.next()) {
            const std::string split = split_of(*row, options_);
            const std::optional<fs::path> file = stored_file(*row);
            if (!file) continue;
            if (all.has(*row, split)) {
                ++result_.present;
                continue;
            }
            all.add(*row, split, labels_.index_of(row->clip.label), verify::clip_file(*file).descriptor(),
                    contents_beside(folder_ / row->file));
            ++result_.packed;
        }
        all.finish();
        result_.shards = all.count();
    }

    void tell(const std::string& what, const char* why, std::uint64_t number) const
    {
        if (options_.on_message && number <= max_told)
            options_.on_message(severity::warning, fmt::format("{} {}", what, why));
    }

    void tell_rest(const char* why, std::uint64_t number) const
    {
        if (options_.on_message && number > max_told)
            options_.on_message(severity::warning, fmt::format("{} more: each {}", number - max_told, why));
    }

    const export_options& options_;
    stored_rows& rows_;
    const fs::path folder_, output_;
    const std::vector<std::string> beside_;  // endings
    const label_map labels_;
    const export_folder_lock lock_;
    const store::way_to_name way_;
    export_summary result_{};
};

}  // namespace

void check_export_output(const fs::path& folder, const fs::path& output)
{
    const fs::path clips = canonical_folder(folder), exported = canonical_folder(output);
    if (std::ranges::mismatch(clips, exported).in1 == clips.end())
        throw usage_error(
            fmt::format("the output {} is in the folder of the clips; choose one beside it", output.string()));
}

export_summary export_folder(const export_options& options)
{
    clip_row_reader all(options.folder);
    stored_rows rows(all, options.exclude, [&options](const std::string& line) {
        if (options.on_message) options.on_message(severity::warning, line);
    });
    check_splits(options, rows);
    return exporter(options, rows).run();
}

}  // namespace reelpipe
