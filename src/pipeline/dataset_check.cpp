#include "reelpipe/dataset_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <asio.hpp>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "folder/run_folder.hpp"
#include "folder/started_workers.hpp"
#include "isolation/usable_cores.hpp"
#include "ledger/file_list.hpp"
#include "ledger/work_list.hpp"
#include "media/content_hash.hpp"
#include "media/error.hpp"
#include "pipeline/clip_file_name.hpp"
#include "pipeline/dataset_files.hpp"
#include "pipeline/label_folders.hpp"
#include "pipeline/list_intake.hpp"
#include "reelpipe/pipeline.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/verify/survey.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using std::chrono::microseconds;

namespace {

struct kind_text {
    std::string_view name, meaning, remedy;
};

constexpr kind_text text_of(dataset_finding::kind what)
{
    using enum dataset_finding::kind;
    constexpr std::string_view again = "get it again from where it came from";
    switch (what) {
        case missing:
            return {"missing", "a clip of the lists has no file", "`reelpipe download` with the same list makes it"};
        case unreadable:
            return {"unreadable", "a file, folder or link that cannot be read",
                    "give yourself the right to read it; of a link, check the folder that it leads to"};
        case no_video:
            return {"no_video", "no video, or only audio", again};
        case truncated:
            return {"truncated", "the file ends early", again};
        case undecodable:
            return {"undecodable", "damaged, or not to be decoded", again};
        case too_short:
            return {"too_short", "shorter than its row or name says",
                    "the source may end there; else get it again, or allow for more with --tolerance"};
        case too_long:
            return {"too_long", "longer than its row or name says",
                    "cut it, or get it again; --tolerance allows for more"};
        case duplicate:
            return {"duplicate", "the bytes are those of another file",
                    "keep one of them; where both names are right, make one a hard link to the other"};
        case misnamed:
            return {"misnamed", "the name is that of no clip", "name it ID_START_END, or move it elsewhere"};
        case mislabeled:
            return {"mislabeled", "in the folder of another label", "move it there, or remove it if there is one"};
        case silent:
            return {"silent", "without audio", "nothing, unless the audio is needed"};
        case unlisted:
            return {"unlisted", "a clip that the lists do not have; not read", "name its list, too, with --list"};
        case untimed:
            return {"untimed", "no times in the name; the length was not checked", "name the list with --list"};
    }
    return {};
}

constexpr std::size_t page_size = 1024;

// A file to look at, and how long it is to last, if that is known: one of several lengths, or at least so long.
struct listed_file {
    file_list::entry entry{};
    std::vector<microseconds> lengths{};
    bool is_whole_video = false;
    std::vector<dataset_finding> findings{};  // that are known beforehand
    bool is_read = true;
};

struct looked_file {
    std::string name{};
    std::vector<dataset_finding> findings{};
    std::optional<file_identity> identity{};  // none: not read, or damaged
    bool is_read = true;
};

struct hashed_file {
    std::string name{}, hash{};
};

class open_file {
public:
    explicit open_file(const fs::path& path)
        : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW))  // it might be a pipe
    {
        if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "open");
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file() { close(descriptor_); }

    int descriptor() const { return descriptor_; }
    struct stat facts() const
    {
        struct stat found{};
        if (fstat(descriptor_, &found) != 0) throw std::system_error(errno, std::generic_category(), "look at");
        if (!S_ISREG(found.st_mode)) throw std::system_error(std::make_error_code(std::errc::invalid_argument), "open");
        return found;
    }

private:
    int descriptor_;
};

bool is_canceled(const std::system_error& e) { return e.code() == std::errc::operation_canceled; }

// What is done with one file. Threads: any number at a time.
class file_examiner {
    using kind = dataset_finding::kind;

public:
    file_examiner(const dataset_check_options& options, fs::path folder)
        : options_(options), folder_(std::move(folder)), workers_(started_workers(options.worker, options.timeout))
    {
    }

    bool is_fault(kind what) const { return std::ranges::find(options_.notes, what) == options_.notes.end(); }

    dataset_finding finding(const listed_file& file, kind what, std::string message) const
    {
        return {.file = file.entry.name, .what = what, .message = std::move(message), .is_fault = is_fault(what)};
    }

    // What is wrong with a file is a finding, and no failure of the check.
    looked_file look(const listed_file& file, std::stop_token stop) const
    {
        looked_file looked{.name = file.entry.name, .findings = file.findings, .is_read = file.is_read};
        if (!file.is_read) return looked;
        const auto add = [&](kind what, const std::exception& e) {
            looked.findings.push_back(finding(file, what, e.what()));
        };
        try {
            examine(file, looked, std::move(stop));
        } catch (const worker_unavailable&) {
            throw;
        } catch (const worker_killed&) {
            throw;
        } catch (const verify::truncated_error& e) {
            add(kind::truncated, e);
        } catch (const media::error& e) {
            const bool is_other = e.kind() == media::fault::not_media || e.kind() == media::fault::no_video_stream;
            add(is_other ? kind::no_video : kind::undecodable, e);
        } catch (const std::system_error& e) {
            if (is_canceled(e)) throw;
            add(kind::unreadable, e);
        } catch (const std::runtime_error& e) {  // what cannot be decoded, and a worker that died of the file
            add(kind::undecodable, e);
        }
        return looked;
    }

    // A file that went away, or cannot be read any more, is no copy of any other.
    hashed_file hash(file_list::entry file, const std::stop_token& stop) const
    {
        hashed_file hashed{.name = file.name};
        try {
            const open_file opened(path_of(file));
            hashed.hash = media::content_hash(opened.descriptor(), stop);
        } catch (const std::system_error& e) {
            if (is_canceled(e)) throw;
        }
        return hashed;
    }

private:
    fs::path path_of(const file_list::entry& file) const
    {
        return file.target.empty() ? folder_ / file.name : fs::path(file.target);
    }

    void examine(const listed_file& file, looked_file& looked, std::stop_token stop) const
    {
        const open_file opened(path_of(file.entry));
        const struct stat found = opened.facts();
        const verify::facts facts = workers_
                                        ? workers_->survey(opened.descriptor(), options_.verify_fully, std::move(stop))
                                        : verify::survey(opened.descriptor(), options_.verify_fully);
        if (!facts.audio) looked.findings.push_back(finding(file, kind::silent, "it has no audio"));
        if (auto length = wrong_length(file, facts)) looked.findings.push_back(std::move(*length));
        const auto bytes = static_cast<std::uint64_t>(found.st_size);
        looked.identity = file_identity{.bytes = bytes,
                                        .sample = media::content_sample(opened.descriptor(), bytes),
                                        .device = found.st_dev,
                                        .inode = found.st_ino};
    }

    std::optional<dataset_finding> wrong_length(const listed_file& file, const verify::facts& facts) const
    {
        if (file.lengths.empty()) return std::nullopt;
        const auto off = [&](microseconds length) { return std::chrono::abs(facts.duration - length); };
        const microseconds wanted = std::ranges::min(file.lengths, {}, off);
        if (off(wanted) <= options_.tolerance + facts.frame) return std::nullopt;
        const bool is_short = facts.duration < wanted;
        if (!is_short && file.is_whole_video) return std::nullopt;
        return finding(
            file, is_short ? kind::too_short : kind::too_long,
            fmt::format("{:.2f} s{} {:.2f} s", in_seconds(facts.duration),
                        file.is_whole_video ? ", but its last clip ends at" : " instead of", in_seconds(wanted)));
    }

    const dataset_check_options& options_;
    const fs::path folder_;
    const std::unique_ptr<clip_workers> workers_;
};

class dataset_checker {
    using kind = dataset_finding::kind;

public:
    explicit dataset_checker(dataset_check_options options)
        : options_(std::move(options)),
          folder_(existing_folder(options_.folder)),
          has_lists_(!options_.wanted.lists.empty()),
          wanted_(lists_, fs::temp_directory_path()),
          files_(found_),
          examiner_(options_, folder_.output()),
          cores_(options_.jobs != 0 ? options_.jobs : usable_cores()),
          cpu_(cores_)
    {
    }

    asio::awaitable<dataset_check> run()
    {
        read_wanted();
        find_files();
        runner looking(looks(), how_to_run());
        co_await looking.run();
        files_.compare();
        runner hashing(hashes(), how_to_run());
        co_await hashing.run();
        tell_duplicates();
        tell_missing();
        co_return counts_;
    }

private:
    static fs::path existing_folder(const fs::path& named)
    {
        std::error_code none;
        if (!fs::is_directory(named, none)) throw usage_error(fmt::format("{}: no such folder", named.string()));
        return named;
    }

    run_options how_to_run()
    {
        return {.cpu = cpu_.get_executor(), .max_in_flight = 4 * cores_, .on_failure = [](const failure&) {
                    return verdict::stop();
                }};
    }

    pipeline looks()
    {
        // clang-format off
        return reelpipe::source("list",  [this](out<listed_file> next) { return feed_files(std::move(next)); })
             | reelpipe::cpu("look",     [this](listed_file f, std::stop_token s) { return examiner_.look(f, std::move(s)); }, {.workers = cores_})
             | reelpipe::sink("account", [this](looked_file l) { account(std::move(l)); });
        // clang-format on
    }

    pipeline hashes()
    {
        // clang-format off
        return reelpipe::source("list",  [this](out<file_list::entry> next) { return feed_alike(std::move(next)); })
             | reelpipe::cpu("hash",     [this](file_list::entry f, std::stop_token s) { return examiner_.hash(std::move(f), s); }, {.workers = cores_})
             | reelpipe::sink("account", [this](hashed_file h) { if (!h.hash.empty()) files_.set_hash(h.name, h.hash); });
        // clang-format on
    }

    void read_wanted()
    {
        if (!has_lists_) return;
        const run_events events{.on_message = options_.on_message};
        counts_.bad_rows = read_lists(options_.wanted, false, events, wanted_);
        counts_.clips = wanted_.seal().clips;
        wanted_.visit([this](const clip_request& clip, row_status, std::string_view) { labels_.add(clip.label); });
    }

    void find_files()
    {
        const auto unreadable = [this](fs::path name, std::string why) {
            tell({.file = std::move(name), .what = kind::unreadable, .message = std::move(why)});
        };
        counts_.others = find_dataset_files(folder_.output(), folder_.own(), files_, unreadable);
        counts_.files = files_.count();
        if (counts_.files == 0 && counts_.count(kind::unreadable) == 0 && !has_lists_)
            throw usage_error(fmt::format("{}: there is no video in it", options_.folder.string()));
    }

    asio::awaitable<void> feed_files(out<listed_file> next)
    {
        std::vector<file_list::entry> page = files_.after("", page_size);
        while (!page.empty()) {
            const std::string last = page.back().name;
            for (file_list::entry& each : page) {
                listed_file file = has_lists_ ? as_listed(std::move(each)) : as_named(std::move(each));
                co_await next.send(std::move(file));
            }
            page = files_.after(last, page_size);
        }
    }

    asio::awaitable<void> feed_alike(out<file_list::entry> next)
    {
        std::vector<file_list::entry> page = files_.alike_after("", page_size);
        while (!page.empty()) {
            const std::string last = page.back().name;
            for (file_list::entry& each : page) co_await next.send(std::move(each));
            page = files_.alike_after(last, page_size);
        }
    }

    listed_file as_listed(file_list::entry entry)
    {
        const std::string stem = fs::path(entry.name).stem().string();
        listed_file file{.entry = std::move(entry)};
        named_clips named = clips_named(stem, wanted_);
        file.is_whole_video = named.is_whole;
        for (const wanted_clip& each : named.clips)
            file.lengths.push_back(named.is_whole ? each.clip.wanted.end
                                                  : each.clip.wanted.end - each.clip.wanted.start);
        if (named.is_whole && !file.lengths.empty()) file.lengths = {std::ranges::max(file.lengths)};
        if (!named.is_whole) keep_label_of_folder(file, named.clips);
        for (const wanted_clip& each : named.clips) wanted_.settle(each.row, row_status::exists);
        if (!file.lengths.empty()) return file;
        file.is_read = !is_name_of_clip(stem);
        file.findings.push_back(
            file.is_read
                ? examiner_.finding(file, kind::misnamed, "its name is that of no clip of the lists, nor of any")
                : examiner_.finding(file, kind::unlisted, "no row of the lists is this clip"));
        return file;
    }

    // A file in the folder of one of its labels is the clip of that label only; in that of any other label, of none;
    // and anywhere else, of each.
    void keep_label_of_folder(listed_file& file, std::vector<wanted_clip>& clips) const
    {
        const std::string folder = fs::path(file.entry.name).parent_path().filename().string();
        if (clips.empty() || !labels_.contains(folder)) return;
        std::string labels;
        for (const wanted_clip& each : clips)
            labels += fmt::format("{}'{}'", labels.empty() ? "" : ", ", store::label_folder(each.clip.label));
        std::erase_if(clips, [&](const wanted_clip& each) { return !labels_.is_of(folder, each.clip.label); });
        if (clips.empty())
            file.findings.push_back(
                examiner_.finding(file, kind::mislabeled, fmt::format("by the lists its folder is {}", labels)));
    }

    listed_file as_named(file_list::entry entry)
    {
        const std::string stem = fs::path(entry.name).stem().string();
        listed_file file{.entry = std::move(entry)};
        for (const clip_file_name& each : readings_of(stem))
            if (each.end) file.lengths.push_back(*each.end - each.start);
        if (file.lengths.empty())
            file.findings.push_back(
                examiner_.finding(file, kind::untimed, "its name does not say how long it is to be"));
        return file;
    }

    void account(looked_file looked)
    {
        const bool has_fault = std::ranges::any_of(looked.findings, &dataset_finding::is_fault);
        if (looked.identity) files_.identify(looked.name, *looked.identity, !has_fault);
        ++counts_.looked_at;
        counts_.faulty += has_fault;
        counts_.unread += !has_fault && !looked.is_read;
        for (dataset_finding& each : looked.findings) tell(std::move(each));
        if (options_.on_looked) options_.on_looked(counts_);
    }

    void tell_duplicates()
    {
        files_.visit_copies([this](const std::string& name, const std::string& first, bool was_fine) {
            counts_.faulty += was_fine && examiner_.is_fault(kind::duplicate);
            tell({.file = name, .what = kind::duplicate, .message = fmt::format("its bytes are those of {}", first)});
        });
    }

    void tell_missing()
    {
        if (!has_lists_) return;
        const store::trim_format usual("%06d");
        wanted_.visit([&](const clip_request& clip, row_status how, std::string_view) {
            if (how == row_status::pending)
                tell({.file = store::clip_name(clip, usual), .what = kind::missing, .message = "no file is this clip"});
        });
    }

    void tell(dataset_finding found)
    {
        found.is_fault = examiner_.is_fault(found.what);
        ++counts_.found[static_cast<std::size_t>(found.what)];
        counts_.faults += found.is_fault;
        if (options_.on_finding) options_.on_finding(found);
    }

    const dataset_check_options options_;
    const read_only_folder folder_;
    const bool has_lists_;
    database lists_{":memory:"}, found_{":memory:"};  // their tables are temporary ones, on disk
    work_list wanted_;
    label_folders labels_;
    file_list files_;
    const file_examiner examiner_;
    const std::size_t cores_;
    dataset_check counts_;
    asio::thread_pool cpu_;
};

}  // namespace

std::string_view to_string(dataset_finding::kind what) noexcept { return text_of(what).name; }
std::string_view explain(dataset_finding::kind what) noexcept { return text_of(what).meaning; }
std::string_view remedy(dataset_finding::kind what) noexcept { return text_of(what).remedy; }

asio::awaitable<dataset_check> check_dataset(dataset_check_options options)
{
    dataset_checker checker(std::move(options));
    const dataset_check result = co_await checker.run();
    co_return result;
}

}  // namespace reelpipe
