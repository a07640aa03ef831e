#include "reelpipe/folder_check.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "reelpipe/pipeline.hpp"
#include "reelpipe/usage_error.hpp"

#include "folder/run_folder.hpp"
#include "folder/started_workers.hpp"
#include "folder/stored_clip.hpp"
#include "isolation/usable_cores.hpp"
#include "ledger/schema.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

// A file to look at, and the stored clip that it is to be; none: the ledger knows of no such file.
struct kept_file {
    fs::path name{};  // below the folder
    std::optional<clip_record> stored{};
};

struct looked {
    bool touched = false, shorter = false;
    std::optional<file_finding> finding{};  // none: the file is fine
};

// Which files the ledger knows is kept on disk, as the work list is.
constexpr const char* tables =
    "PRAGMA temp_store = FILE;"
    "PRAGMA temp.journal_mode = OFF; PRAGMA temp.synchronous = OFF; PRAGMA temp.cache_size = -16000;"
    "CREATE TEMP TABLE known(file TEXT PRIMARY KEY) WITHOUT ROWID";

// The run that made a clip says how it spelled the times in the name: with --mixed they may differ in one folder.
constexpr const char* stored_clips =
    "SELECT c.video, c.start, c.end, c.label, c.bytes, c.modified_ns, c.frames, c.duration_s, c.streams,"
    " coalesce(json_extract(r.options, '$.\"--trim-format\"'),"
    "  (SELECT value FROM output_option WHERE name = '--trim-format'), '%06d'), {}"
    " FROM clip c LEFT JOIN run r ON r.id = c.run WHERE c.reason IS NULL";

kept_file stored_in(const statement& row)
{
    const clip_request clip{
        .video = row.text(0),
        .wanted = {std::chrono::microseconds(row.integer(1)), std::chrono::microseconds(row.integer(2))},
        .label = row.text(3),
        .split = {}};
    return {.name = store::clip_name(clip, store::trim_format(row.view(9))),
            .stored = clip_record{.file = {static_cast<std::uint64_t>(row.integer(4)), row.integer(5)},
                                  .frames = row.integer(6),
                                  .duration_s = row.number(7),
                                  .missing_s = row.number(10),
                                  .streams = row.text(8)}};
}

database open_at_rest(const read_only_folder& folder)
try {
    if (!fs::exists(folder.ledger()))
        throw usage_error("no such file; name the folder of an earlier `reelpipe download -o`");
    database ledger = database::at_rest(folder.ledger());
    if (const int found = version_of(ledger); found < oldest_with_facts() || found > schema_version())
        throw usage_error(
            fmt::format("its version is {}, but this reelpipe reads only {}; {}", found, schema_version(),
                        found < schema_version() ? "the next download updates it" : "use the one that wrote it"));
    ledger.execute(tables);
    return ledger;
} catch (const std::exception& e) {
    throw usage_error(fmt::format("the ledger {}: {}", folder.ledger().string(), e.what()));
}

class folder_checker {
public:
    explicit folder_checker(folder_check_options options)
        : options_(std::move(options)),
          folder_(options_.folder),
          ledger_(open_at_rest(folder_)),
          is_known_(ledger_.prepare("SELECT 1 FROM temp.known WHERE file = ?1")),
          cores_(options_.jobs != 0 ? options_.jobs : usable_cores()),
          workers_(started_workers(options_.worker, options_.timeout)),
          cpu_(cores_),
          runner_(files(), {.cpu = cpu_.get_executor(), .max_in_flight = 4 * cores_, .on_failure = [](const failure&) {
                                return verdict::stop();
                            }})
    {
    }

    asio::awaitable<folder_check> run()
    {
        co_await runner_.run();
        co_return counts_;
    }

private:
    pipeline files()
    {
        // clang-format off
        return reelpipe::source("list",  [this](out<kept_file> next) { return feed(std::move(next)); })
             | reelpipe::cpu("look",     [this](kept_file f, std::stop_token s) { return look(std::move(f), std::move(s)); }, {.workers = cores_})
             | reelpipe::sink("account", [this](looked l) { count(std::move(l)); });
        // clang-format on
    }

    asio::awaitable<void> feed(out<kept_file> next)
    {
        co_await feed_stored(next);
        co_await feed_unknown(next);
    }

    asio::awaitable<void> feed_stored(out<kept_file>& next)
    {
        statement stored = ledger_.prepare("SELECT count(*) FROM clip WHERE reason IS NULL");
        stored.step();
        counts_.clips = static_cast<std::uint64_t>(stored.integer(0));
        const bool knows_shorter = version_of(ledger_) >= oldest_with_attempts();
        statement all = ledger_.prepare(fmt::format(stored_clips, knows_shorter ? "c.missing_s" : "0"));
        statement know = ledger_.prepare("INSERT OR IGNORE INTO temp.known VALUES(?1)");
        while (all.step()) {
            kept_file file = stored_in(all);
            const std::string name = file.name.string();
            know.bind(name);
            know.run();
            co_await next.send(std::move(file));
        }
    }

    asio::awaitable<void> feed_unknown(out<kept_file>& next)
    {
        const asio::any_io_executor loop = co_await asio::this_coro::executor;
        fs::recursive_directory_iterator at(folder_.output(), fs::directory_options::skip_permission_denied);
        for (; at != fs::recursive_directory_iterator{}; ++at) {
            if (at->path() == folder_.own()) at.disable_recursion_pending();
            if (at->path().extension() != ".mp4" || !fs::is_regular_file(at->symlink_status())) continue;
            kept_file file{.name = at->path().lexically_relative(folder_.output())};
            if (is_known(file.name))
                co_await asio::post(loop, asio::use_awaitable);  // a folder that is all known must not hold up the loop
            else
                co_await next.send(std::move(file));
        }
    }

    bool is_known(const fs::path& file)
    {
        const std::string name = file.string();
        is_known_.bind(name);
        const bool found = is_known_.step();
        is_known_.reset();
        return found;
    }

    // A fault of the file is a finding, and no failure of the check.
    looked look(kept_file file, std::stop_token stop)
    {
        const file_finding::kind bad = file.stored ? file_finding::kind::wrong : file_finding::kind::incomplete;
        try {
            return examine(file, std::move(stop));
        } catch (const worker_unavailable&) {
            throw;
        } catch (const worker_killed&) {
            throw;
        } catch (const std::system_error& e) {
            if (e.code() == std::errc::operation_canceled) throw;
            return {.finding = file_finding{.file = std::move(file.name), .what = bad, .message = e.what()}};
        } catch (const std::runtime_error& e) {  // the verdicts of verify, and a worker that died of the file
            return {.finding = file_finding{.file = std::move(file.name), .what = bad, .message = e.what()}};
        }
    }

    looked examine(const kept_file& file, std::stop_token stop)
    {
        const fs::path path = folder_.output() / file.name;
        const store::file_signature found = store::signature_of(path);
        if (file.stored && found == store::file_signature{})
            return {.finding = file_finding{
                        .file = file.name, .what = file_finding::kind::missing, .message = "the file is missing"}};
        verify::expectation expected = file.stored ? expectation_of(*file.stored) : verify::expectation{};
        expected.decodable = options_.verify_fully;
        const verify::facts facts =
            workers_ ? workers_->verify_file(path, expected, std::move(stop)) : verify::check_file(path, expected);
        if (!file.stored)
            return {.finding = file_finding{.file = file.name,
                                            .what = file_finding::kind::unknown,
                                            .message = "the ledger does not know this clip"}};
        check_same(facts, *file.stored);
        return {.touched = found != file.stored->file, .shorter = file.stored->missing_s > 0};
    }

    void count(looked one)
    {
        if (one.finding) {
            ++count_of(one.finding->what);
            if (options_.on_finding) options_.on_finding(*one.finding);
        } else {
            ++counts_.fine;
            counts_.touched += one.touched;
            counts_.shorter += one.shorter;
        }
        if (options_.on_looked) options_.on_looked(counts_);
    }

    std::uint64_t& count_of(file_finding::kind what)
    {
        switch (what) {
            case file_finding::kind::missing:
                return counts_.missing;
            case file_finding::kind::wrong:
                return counts_.wrong;
            case file_finding::kind::unknown:
                return counts_.unknown;
            case file_finding::kind::incomplete:
                break;
        }
        return counts_.incomplete;
    }

    const folder_check_options options_;
    const read_only_folder folder_;
    database ledger_;
    statement is_known_;
    const std::size_t cores_;
    const std::unique_ptr<clip_workers> workers_;
    folder_check counts_;
    asio::thread_pool cpu_;
    runner runner_;
};

}  // namespace

std::string_view to_string(file_finding::kind what) noexcept
{
    switch (what) {
        case file_finding::kind::missing:
            return "missing";
        case file_finding::kind::wrong:
            return "wrong";
        case file_finding::kind::unknown:
            return "unknown";
        case file_finding::kind::incomplete:
            return "incomplete";
    }
    return "";
}

std::string_view remedy(file_finding::kind what) noexcept
{
    switch (what) {
        case file_finding::kind::missing:
            return "run the same download again to make it";
        case file_finding::kind::wrong:
            return "remove it, then run the same download again to make it";
        case file_finding::kind::unknown:
            return "a download whose list names it adds it to the ledger; otherwise remove it";
        case file_finding::kind::incomplete:
            return "remove it; a download whose list names it makes it again";
    }
    return "";
}

asio::awaitable<folder_check> check_folder(folder_check_options options)
{
    folder_checker checker(std::move(options));
    const folder_check result = co_await checker.run();
    co_return result;
}

}  // namespace reelpipe
