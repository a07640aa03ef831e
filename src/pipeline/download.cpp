#include "reelpipe/download.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "folder/download_report.hpp"
#include "folder/run_folder.hpp"
#include "folder/shaping_options.hpp"
#include "folder/stored_clip.hpp"
#include "isolation/clip_workers.hpp"
#include "ledger/resolved_source_cache.hpp"
#include "ledger/work_left.hpp"
#include "pipeline/archive_feed.hpp"
#include "pipeline/checked_options.hpp"
#include "pipeline/clip_stages.hpp"
#include "pipeline/diagnose.hpp"
#include "pipeline/documents.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/existing_clips.hpp"
#include "pipeline/failed_jobs.hpp"
#include "pipeline/failure_policy.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/ledger_commits.hpp"
#include "pipeline/list_feed.hpp"
#include "pipeline/list_intake.hpp"
#include "pipeline/missing_space.hpp"
#include "pipeline/outcome_recorder.hpp"
#include "pipeline/run_counts.hpp"
#include "pipeline/run_measures.hpp"
#include "pipeline/second_requests.hpp"
#include "pipeline/trace.hpp"
#include "pipeline/video_stages.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

namespace {

// When the user is told that the run ends with asking again.
constexpr std::size_t many_refused = 100;
constexpr std::chrono::seconds long_backoff(5);

constexpr std::size_t refused_at_once = 4;  // a host that refuses what is too much is asked gently

std::unique_ptr<trace> trace_of(const fs::path& file) { return file.empty() ? nullptr : std::make_unique<trace>(file); }

// Starts a worker as a trial: whatever keeps one from starting would keep it from every clip.
void try_worker(const worker_options& options)
try {
    if (!options.program.empty()) clip_workers(options.program, options.timeout).try_to_start();
} catch (const worker_unavailable& e) {
    throw usage_error(fmt::format("{}; --isolate none works without such processes, in the program itself", e.what()));
}

void create_temporary(const fs::path& folder)
try {
    fs::create_directories(folder);
} catch (const fs::filesystem_error& e) {
    throw usage_error(
        fmt::format("temporary folder {}: {}; choose one that can be written", folder.string(), e.code().message()));
}

bool is_refusal(const std::exception_ptr& error)
{
    if (!error) return false;
    try {
        std::rethrow_exception(error);
    } catch (const usage_error&) {
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

std::string_view word_of(ending end)
{
    switch (end) {
        case ending::complete:
            return "complete";
        case ending::drained:
            return "interrupted";
        case ending::cancelled:
            return "cancelled";
    }
    return "";
}

}  // namespace

// Owns the folder, its ledger, the pools, and while it runs the stages and what they use. Threads: stages marked cpu()
// run on cpu_, the rest on the loop.
class downloader::implementation {
public:
    explicit implementation(download_options);

    asio::awaitable<download_summary> run();
    void drain();
    void cancel()
    {
        policy_.drain();
        runner_.cancel();
        second_runner_.cancel();
    }
    progress now() const;
    std::vector<stage_stats> stages() const
    {
        return sum_of(runner_.snapshot().stages, second_runner_.snapshot().stages);
    }

private:
    using feeder = std::function<asio::awaitable<void>(out<video_ptr>)>;
    pipeline build_pipeline(feeder);
    asio::awaitable<void> feed(out<video_ptr> next);
    wait_hooks hooks_of_source();
    asio::awaitable<void> run_stages(report& ended, std::exception_ptr& error);
    asio::awaitable<void> ask_again(report& ended);
    asio::awaitable<void> start_source();
    void end_ledger(const report&);
    std::map<std::string, std::uint64_t> pending_clips();
    download_summary summary(ending, std::vector<stage_stats>);

    const checked_options checked_;
    const download_options& options_ = checked_.asked;
    run_folder folder_;
    const std::unique_ptr<trace> trace_;  // or none
    fs::path damaged_ledger_;
    database database_;
    ledger ledger_;
    work_list wanted_;
    outcome_recorder outcomes_;
    const asked_by asking_;
    resolved_source_cache kept_;
    failure_policy policy_;
    second_requests second_requests_;
    list_feed feed_;
    work_list::size size_;
    std::uint64_t bad_rows_ = 0;
    std::vector<list_record> listed_;
    const steady::time_point begun_ = steady::now();

    asio::thread_pool cpu_;       // cuts, verifies: seconds a clip
    asio::thread_pool planners_;  // reads indexes: milliseconds a video, not to wait behind a cut
    asio::thread_pool disk_;      // waits for the disk, so that no core does
    runner runner_;
    runner second_runner_;  // for what hosts refused: the same stages, but few videos at a time

    // While running, on the loop
    std::optional<engine> engine_;
    std::optional<existing_clips> existing_;
    std::optional<video_stages> videos_;
    std::optional<clip_stages> clips_;
    std::optional<ledger_commits> commits_;

    run_counts counts_;
};

// ------------------------------------------------------------------------------------------------ the flow

pipeline downloader::implementation::build_pipeline(feeder list)
{
    const std::size_t cores = options_.workers.jobs, resolves = locator::max_concurrent_resolves(options_.source);
    const std::size_t connections = options_.fetch.connections;
    // The policy counts attempts: an item that comes back without having been asked for has had none.
    constexpr unsigned attempts = std::numeric_limits<unsigned>::max();
    auto look = [this](video_ptr v, const std::stop_token& s) { return existing_->look(std::move(v), s); };
    auto resolve = [this](video_ptr v) { return videos_->resolve(std::move(v)); };
    auto fetch = [this](video_ptr v, std::stop_token s) { return videos_->fetch(std::move(v), std::move(s)); };
    auto split = [this](video_ptr v, out<clip_job> next) { return videos_->split(std::move(v), std::move(next)); };
    auto cut = [this](clip_job c, std::stop_token s) { return clips_->cut(std::move(c), std::move(s)); };
    auto verify = [this](clip_job c, std::stop_token s) { return clips_->verify(std::move(c), std::move(s)); };
    auto store = [this](clip_job c, std::stop_token s) { return clips_->store(std::move(c), std::move(s)); };
    auto record = [this](clip_job c) { clips_->record(std::move(c)); };
    return reelpipe::source("list", std::move(list))                                        //
           | reelpipe::cpu("look", look, {.workers = cores})                                //
           | reelpipe::io("resolve", resolve, {.workers = resolves, .attempts = attempts})  //
           | reelpipe::io("fetch", fetch, {.workers = connections, .attempts = attempts})   //
           | reelpipe::io("split", split)                                                   //
           | reelpipe::cpu("cut", cut, {.workers = cores, .queue = 2 * cores})              //
           | reelpipe::cpu("verify", verify, {.workers = cores})                            //
           | reelpipe::io("store", store, {.workers = stores_at_once})                      //
           | reelpipe::sink("record", record);
}

asio::awaitable<void> downloader::implementation::feed(out<video_ptr> next)
{
    const asio::any_io_executor pool = planners_.get_executor();
    if (resolve::archives* const archives = engine_->source.archives()) {
        archive_feed by_archives(feed_, *archives, outcomes_, engine_->budget, engine_->temporary);
        co_await by_archives.feed(std::move(next), pool);
    } else {
        auto between = [this](out<video_ptr>& to) { return second_requests_.send_ready(to, *videos_); };
        co_await feed_.feed(std::move(next), pool, std::move(between));
    }
}

// ------------------------------------------------------------------------------------------------ the run

downloader::implementation::implementation(download_options options)
    : checked_(std::move(options)),
      folder_(options_.output.folder, {options_.output.state, options_.output.unfinished}),
      trace_(trace_of(options_.output.trace)),
      database_(open_ledger(folder_, damaged_ledger_)),
      ledger_(database_),
      wanted_(database_, folder_.temporary(), options_.wanted.turn),
      outcomes_(options_.events, checked_.trim, ledger_, wanted_),
      asking_(options_.source, options_.cut.audio != audio_choice::none),
      kept_(database_, asking_),
      policy_({.attempts = options_.fetch.attempts,
               .backoff = options_.fetch.backoff,
               .names_hosts = names_hosts(options_.source),
               .asks_twice = !is_site(options_.source),
               .say = options_.events.on_message,
               .attempted = [this](const attempt_record& attempt) { outcomes_.attempted(attempt); }},
              [this](const failed_job& failed) { enter_failed(outcomes_, kept_, asking_, failed); }),
      second_requests_(policy_, ledger_),
      feed_(wanted_, outcomes_, checked_.trim, folder_.output(),
            {checked_.retry, is_free_to_ask(options_.source), asking_}, options_.output.frame_index,
            !options_.output.mixed),
      cpu_(options_.workers.jobs),
      planners_(options_.workers.jobs),
      disk_(stores_at_once),
      runner_(build_pipeline([this](out<video_ptr> next) { return feed(std::move(next)); }),
              {.cpu = cpu_.get_executor(),
               .max_in_flight = options_.fetch.connections + 4 * options_.workers.jobs +
                                locator::max_concurrent_resolves(options_.source),
               .on_failure = [this](const failure& f) { return policy_.judge(f); }}),
      second_runner_(
          build_pipeline([this](out<video_ptr> next) { return second_requests_.feed_rest(std::move(next)); }),
          {.cpu = cpu_.get_executor(), .max_in_flight = refused_at_once, .on_failure = [this](const failure& f) {
               return policy_.judge(f);
           }})
{
    if (!damaged_ledger_.empty())
        outcomes_.say(severity::warning,
                      fmt::format("the ledger was damaged and has been moved to {}; clips on disk are verified again",
                                  damaged_ledger_.string()));
    if (const std::string warning = folder_.warning_about_owner(); !warning.empty())
        outcomes_.say(severity::warning, warning);
    check_report_place(options_.output.report);
    try_worker(options_.workers);
    agree_on_shaping_options(database_, options_);
    const fs::path& report_file = options_.output.report;
    bad_rows_ = read_lists(options_.wanted, is_youtube(options_.source), options_.events, wanted_,
                           {folder_.output(), {report_file, shorter_list_beside(report_file), options_.output.trace}});
    size_ = wanted_.seal();
    listed_ = hashed_lists(options_.wanted);
}

void downloader::implementation::drain()
{
    policy_.drain();
    runner_.drain();
    second_runner_.drain();
}

asio::awaitable<download_summary> downloader::implementation::run()
{
    using namespace asio::experimental::awaitable_operators;
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    const fs::path temporary = options_.fetch.tmp_dir.empty() ? folder_.temporary() : options_.fetch.tmp_dir;
    create_temporary(temporary);
    engine_.emplace(loop, planners_.get_executor(), options_, temporary, hooks_of_source(),
                    ledger_.last_stored_video());
    const verify::expectation depth{.decodable = options_.cut.verify_fully, .list_frames = options_.output.frame_index};
    existing_.emplace(folder_, depth, engine_->workers(), trace_.get());
    videos_.emplace(*engine_, outcomes_, kept_, policy_, counts_, trace_.get());
    clips_.emplace(checked_, *engine_, *existing_, folder_, disk_.get_executor(), outcomes_, kept_, counts_,
                   trace_.get());
    const auto count_received = [this] { counts_.fetched = engine_->received(); };
    commits_.emplace(loop, outcomes_, count_received, [this] {
        if (policy_.has_stopped()) return;
        policy_.stop(diagnose(outcomes_.ledger_error()));
        runner_.drain();
        second_runner_.drain();
    });

    std::exception_ptr error;
    report ended;
    co_await (run_stages(ended, error) && commits_->run());
    commits_.reset();
    clips_.reset();
    videos_.reset();
    existing_.reset();
    engine_.reset();
    end_ledger(ended);
    if (is_refusal(error)) std::rethrow_exception(error);
    folder_.keep();
    std::exception_ptr report_error;
    try {
        write_documents(checked_, wanted_, database_, outcomes_);
        if (outcomes_.totals().stored > 0) store::make_names_durable(folder_.output());
    } catch (const std::exception&) {
        report_error = std::current_exception();
    }
    if (policy_.stop_reason() && policy_.stop_reason()->why == reason::disk_full) {
        const progress p = now();
        outcomes_.say(severity::error,
                      missing_space(folder_.output(), options_.fetch.tmp_dir, p.clips - p.stored - p.exists - p.failed,
                                    ledger_.mean_clip_bytes()));
    }
    // A run that has said why it stopped tells what it did as well.
    if (report_error && policy_.stop_reason())
        outcomes_.say(severity::error, diagnose(report_error).message);
    else if (!error)
        error = report_error;
    if (error) std::rethrow_exception(error);
    co_return summary(ended.end, std::move(ended.stages));
}

wait_hooks downloader::implementation::hooks_of_source()
{
    return {.is_ending = [this] { return policy_.is_ending(); },
            .on_hold_up = [this](std::optional<reason> why) { counts_.held_up_by = why ? static_cast<int>(*why) : -1; },
            .say = options_.events.on_message};
}

// Leaves what went wrong in `error`, so that the commits are stopped in any case.
asio::awaitable<void> downloader::implementation::run_stages(report& ended, std::exception_ptr& error)
{
    try {
        co_await start_source();
        ledger_.begin_run({.resolver = engine_->source.version(),
                           .options = shaping_options_json(options_),
                           .lists = lists_json(options_.wanted),
                           .listed = listed_});
        ended = co_await runner_.run();
        co_await second_requests_.settle_doubts(*videos_, 0);
        co_await ask_again(ended);
        policy_.end();
    } catch (const source_error&) {
        policy_.stop(diagnose(std::current_exception()));
        ended.end = ending::drained;
    } catch (const database_error&) {
        policy_.stop(diagnose(std::current_exception()));
        ended.end = ending::drained;
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    commits_->stop();
}

// What hosts refused late in the run is asked for once more.
asio::awaitable<void> downloader::implementation::ask_again(report& ended)
{
    const std::size_t refused = second_requests_.take_rest();
    if (refused == 0) co_return;
    if (refused >= many_refused || options_.fetch.backoff >= long_backoff)
        outcomes_.say(severity::note, fmt::format("{} videos that hosts refused are asked for once more", refused));
    const report second = co_await second_runner_.run();
    ended.stages = sum_of(std::move(ended.stages), second.stages);
    if (second.end != ending::complete) ended.end = second.end;
    co_await second_requests_.settle_doubts(*videos_, 0);
}

asio::awaitable<void> downloader::implementation::start_source()
{
    const std::vector<message> said = co_await engine_->source.start();
    for (const message& m : said) outcomes_.say(m.how, m.text);
    const double rate = resolves_per_hour(options_.source);
    if (rate == 0) co_return;
    const std::uint64_t videos = count_work(wanted_, {.reasons = checked_.retry, .asking = asking_}).videos;
    outcomes_.say(severity::note,
                  fmt::format("{} video{} to ask the site for, at most {:.0f} an hour: this takes at least {}", videos,
                              videos == 1 ? "" : "s", rate, quota_time(options_.source, videos)));
}

void downloader::implementation::end_ledger(const report& ended)
{
    outcomes_.commit(true);
    if (outcomes_.ledger_error()) {
        policy_.stop(diagnose(outcomes_.ledger_error()));
        return;
    }
    try {
        const bool stopped = policy_.stop_reason().has_value();
        ledger_.end_run(stopped ? to_string(policy_.stop_reason()->why) : word_of(ended.end),
                        measures_json(now(), ended, options_.fetch), pending_clips());
    } catch (const database_error&) {
        policy_.stop(diagnose(std::current_exception()));
    }
}

// By label.
std::map<std::string, std::uint64_t> downloader::implementation::pending_clips()
{
    std::map<std::string, std::uint64_t> pending;
    const progress p = now();
    if (p.stored + p.exists + p.failed >= p.clips) return pending;
    wanted_.visit([&](const clip_request& clip, row_status how, std::string_view) {
        if (how == row_status::pending) ++pending[clip.label];
    });
    return pending;
}

progress downloader::implementation::now() const
{
    progress p = outcomes_.totals();
    p.clips = size_.clips;
    p.videos = size_.videos;
    p.fetched = counts_.fetched;
    p.cutting = counts_.cutting;
    p.jobs = options_.workers.jobs;
    p.elapsed_s = seconds_since(begun_);
    p.resolves_per_hour = resolves_per_hour(options_.source);
    p.draining = policy_.is_ending();
    if (const int why = counts_.held_up_by; why >= 0) p.held_up_by = static_cast<reason>(why);
    const std::uint64_t done = p.stored + p.exists + p.failed;
    p.under_way = std::max<std::uint64_t>(feed_.listed(), done) - done;
    return p;
}

download_summary downloader::implementation::summary(ending end, std::vector<stage_stats> stages)
{
    download_summary s{.totals = now(), .end = end, .bad_rows = bad_rows_, .stages = std::move(stages)};
    s.duplicates = size_.rows - size_.clips;
    s.pending = s.totals.clips - s.totals.stored - s.totals.exists - s.totals.failed;
    s.report = options_.output.report;
    if (s.totals.shorter > 0) s.shorter_list = shorter_list_beside(s.report);
    s.examples = outcomes_.examples();
    if (const std::optional<diagnosis>& why = policy_.stop_reason()) {
        s.stopped_by = why->why;
        s.stop_message = why->message;
    }
    return s;
}

downloader::downloader(download_options options) : implementation_(std::make_unique<implementation>(std::move(options)))
{
}
downloader::~downloader() = default;
asio::awaitable<download_summary> downloader::run() & { return implementation_->run(); }
void downloader::drain() { implementation_->drain(); }
void downloader::cancel() { implementation_->cancel(); }
progress downloader::now() const { return implementation_->now(); }
std::vector<stage_stats> downloader::stages() const { return implementation_->stages(); }

}  // namespace reelpipe
