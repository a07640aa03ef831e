#include "reelpipe/download.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <atomic>
#include <set>
#include <system_error>

#include "folder/download_report.hpp"
#include "folder/output_options.hpp"
#include "folder/run_folder.hpp"
#include "folder/stored_clip.hpp"
#include "isolation/clip_workers.hpp"
#include "isolation/usable_cores.hpp"
#include "ledger/kept_sources.hpp"
#include "ledger/work_left.hpp"
#include "media/error.hpp"
#include "pipeline/accounts.hpp"
#include "pipeline/failure_policy.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/judge.hpp"
#include "pipeline/list_intake.hpp"
#include "pipeline/trace.hpp"
#include "site/locator.hpp"
#include "site/source_times.hpp"
#include "stages/fetch/url.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

namespace {

double seconds_since(steady::time_point start) { return std::chrono::duration<double>(steady::now() - start).count(); }

cut::audio_mode audio_mode_of(audio_choice choice)
{
    switch (choice) {
        case audio_choice::copy:
            return cut::audio_mode::copy;
        case audio_choice::aac:
            return cut::audio_mode::aac;
        case audio_choice::none:
            break;
    }
    return cut::audio_mode::none;
}

cut::options checked_cut_options(const download_options& options)
try {
    cut::options how{.lossless = options.mode == cut_mode::lossless,
                     .preset = options.preset,
                     .crf = options.crf,
                     .gop = options.gop,
                     .pixel_format = options.pixel_format,
                     .short_side = options.short_side,
                     .frame_rate = options.frame_rate,
                     .filter = options.filter,
                     .audio = audio_mode_of(options.audio),
                     .keep_corrupt = options.keep_corrupt};
    cut::check(how);
    return how;
} catch (const std::invalid_argument& e) {
    throw usage_error(e.what());
}

// A clip is synced before it gets its name, which takes milliseconds; the system writes several at once in about the
// time of one.
constexpr std::size_t stores_at_once = 8;

// Sockets, fetched files, clips under way, resolvers, clip workers and what every process has.
std::size_t descriptors_for(const download_options& options)
{
    const std::size_t videos = options.connections + 4 * options.jobs;
    const std::size_t workers = options.worker.empty() ? 0 : 2 * options.jobs;  // to cut and to plan
    return 64 + options.connections + 2 * videos + 4 * options.jobs + 4 * options.resolvers + workers +
           3 * stores_at_once;
}

void check_descriptors(const download_options& options)
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    const std::size_t needed = descriptors_for(options);
    if (needed > limit.rlim_cur)
        throw usage_error(
            fmt::format("{} connections and {} jobs may need {} file descriptors and the limit is {}: allow more with "
                        "`ulimit -n {}`, or use fewer --connections",
                        options.connections, options.jobs, needed, limit.rlim_cur, needed));
}

download_options with_defaults(download_options options)
{
    if (options.jobs == 0) options.jobs = usable_cores();
    if (options.connections == 0 || options.resolvers == 0 || options.attempts == 0)
        throw usage_error("connections, resolvers and attempts start at 1");
    if (options.verify_fully && options.keep_corrupt)
        throw usage_error("--verify full refuses what --keep-corrupt keeps: leave one of them out");
    check_descriptors(options);
    locator::check(options);
    if (options.report.empty()) options.report = options.output / "download_report.json";
    return options;
}

store::trim_format checked_format(const std::string& format)
try {
    return store::trim_format(format);
} catch (const std::invalid_argument& e) {
    throw usage_error(e.what());
}

std::unique_ptr<trace> trace_of(const download_options& options)
{
    return options.trace.empty() ? nullptr : std::make_unique<trace>(options.trace);
}

void create_temporary(const fs::path& folder)
try {
    fs::create_directories(folder);
} catch (const fs::filesystem_error& e) {
    throw usage_error(fmt::format("folder for what is fetched, {}: {}; choose one that can be written", folder.string(),
                                  e.code().message()));
}

// The reasons that words of --retry stand for: a class means all of its reasons.
std::set<reason> reasons_of(const std::vector<std::string>& words)
{
    std::set<reason> all;
    for (const std::string& word : words) {
        const std::size_t before = all.size();
        for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(reason::unknown); ++i) {
            const auto why = static_cast<reason>(i);
            if (word == to_string(why) || word == to_string(class_of(why))) all.insert(why);
        }
        if (all.size() == before && !reason_from(word))
            throw usage_error(fmt::format(
                "retry '{}': expected soft, permanent, or a reason as reports name it, such as geo_blocked", word));
    }
    return all;
}

std::vector<segment> segments_of(const video_job& video)
{
    std::vector<segment> all;
    for (const clip_task& task : video.clips) all.push_back(task.clip.wanted);
    return all;
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

// One file with everything, or one with the frames and one with the audio.
cut::input video_of(const clip_job& job)
{
    const fetch::fetched::clip& found = job.video->material.clips[job.index];
    if (found.error) std::rethrow_exception(found.error);
    cut::input video{.video = found.files.front()};
    if (found.files.size() > 1) video.audio = found.files[1];
    return video;
}

std::string name_of(const clip_job& job) { return job.task->file.stem(); }

// A URL that has served its time answers like this, and so does one whose video has gone.
bool may_have_expired(int status) { return status == 403 || status == 404 || status == 410; }

source_error run_is_ending() { return {reason::interrupted, "the run is ending"}; }

// Milliseconds as a rule, for which others wait.
constexpr std::chrono::seconds longest_plan{60};

// How much shorter than asked for a clip is because its video ends: less than this is the rounding to whole frames.
constexpr std::chrono::milliseconds worth_mentioning{100};

std::string shorter_text(std::string_view what, std::chrono::microseconds missing)
{
    return fmt::format("{}; {:.2f} s shorter than asked for, the video ends there", what,
                       std::chrono::duration<double>(missing).count());
}

}  // namespace

class downloader::implementation {
public:
    explicit implementation(download_options options)
        : options_(with_defaults(std::move(options))),
          trim_(checked_format(options_.trim_format)),
          how_to_cut_(checked_cut_options(options_)),
          retry_(reasons_of(options_.retry)),
          is_free_to_ask_(is_free_to_ask(options_)),
          folder_(options_.output),
          trace_(trace_of(options_)),
          database_(open_ledger(folder_, damaged_ledger_)),
          ledger_(database_),
          wanted_(database_, folder_.temporary()),
          accounts_(options_, trim_, ledger_, wanted_),
          kept_(database_, options_),
          policy_(options_, accounts_, kept_, names_hosts(options_)),
          cpu_(options_.jobs),
          planners_(options_.jobs),
          disk_(stores_at_once),
          runner_(clips_of_videos(),
                  {.cpu = cpu_.get_executor(),
                   .max_in_flight = options_.connections + 4 * options_.jobs + locator::useful_calls(options_),
                   .on_failure = [this](const failure& f) { return policy_.judge(f); }})
    {
        if (!damaged_ledger_.empty())
            say(severity::warning,
                fmt::format("the ledger was damaged and is set aside as {}; clips on disk are verified again",
                            damaged_ledger_.string()));
        check_report_place(options_.report);
        agree_on_output_options(database_, options_);
        bad_rows_ = read_lists(options_, wanted_);
        size_ = wanted_.seal();
    }

    asio::awaitable<download_summary> run();

    void drain()
    {
        policy_.drain();
        runner_.drain();
    }
    void cancel() { runner_.cancel(); }

    progress now() const
    {
        progress p = accounts_.totals();
        p.clips = size_.clips;
        p.videos = size_.videos;
        p.fetched = fetched_;
        p.cutting = cutting_;
        p.jobs = options_.jobs;
        p.elapsed_s = seconds_since(begun_);
        p.resolves_per_hour = resolves_per_hour(options_);
        p.draining = policy_.is_ending();
        if (const int why = held_up_by_; why >= 0) p.held_up_by = static_cast<reason>(why);
        const std::uint64_t done = p.stored + p.exists + p.failed;
        p.under_way = std::max<std::uint64_t>(listed_, done) - done;
        return p;
    }

private:
    pipeline clips_of_videos();

    // The stages, in the order of the flow
    asio::awaitable<void> feed(out<video_ptr> next);
    video_ptr look(video_ptr, const std::stop_token&);
    asio::awaitable<std::optional<video_ptr>> resolve(video_ptr);
    asio::awaitable<video_ptr> fetch(video_ptr, std::stop_token);
    asio::awaitable<void> split(video_ptr, out<clip_job> next);
    clip_job cut(clip_job, std::stop_token);
    clip_job verify(clip_job, std::stop_token);
    asio::awaitable<clip_job> store(clip_job, std::stop_token);
    void record(clip_job);

    // A run that ends tries nothing again.
    bool is_late(unsigned attempt) const { return attempt > 1 && policy_.is_ending(); }

    fetch::media_probe media_probe();
    asio::awaitable<void> fetch_what_is_missing(video_job&);
    asio::awaitable<void> locate(video_job&);

    // A clip of the list, and what the disk says of it.
    struct listed_clip {
        wanted_clip wanted{};
        std::string name{};    // in the output folder
        bool settled = false;  // the ledger knows its outcome, and it still holds
    };
    asio::awaitable<std::vector<wanted_clip>> page_after(const wanted_clip& last);
    std::vector<listed_clip> listed_clips(std::vector<wanted_clip> page) const;
    bool is_settled(const wanted_clip&, const std::string& name, const store::stamp_reader&) const;

    // What stands under a clip's name.
    struct standing_file {
        std::optional<clip_record> found{};  // a good clip
        std::string note{};                  // for the user: it was none, and has made room
    };
    standing_file look_at(const clip_task&, const std::stop_token&);
    void put_in_place(clip_job&, const std::stop_token&);
    clip_record record_of_file(const clip_task&, const std::stop_token&);
    download_summary summary(ending, std::vector<stage_stats>);
    void say(severity, const std::string&) const;

    asio::awaitable<void> run_stages(report& ended, std::exception_ptr& error);
    asio::awaitable<void> keep_committing();
    void end_ledger(ending);
    void tell_what_is_missing() const;

    const download_options options_;
    const store::trim_format trim_;
    const cut::options how_to_cut_;
    const std::set<reason> retry_;
    const bool is_free_to_ask_;
    const run_folder folder_;
    const std::unique_ptr<trace> trace_;  // or none
    fs::path damaged_ledger_;
    database database_;
    ledger ledger_;
    work_list wanted_;
    accounts accounts_;
    kept_sources kept_;
    failure_policy policy_;
    work_list::size size_;
    std::uint64_t bad_rows_ = 0;
    const steady::time_point begun_ = steady::now();

    asio::thread_pool cpu_;       // cuts, verifies: seconds a clip
    asio::thread_pool planners_;  // reads indexes: milliseconds a video, not to wait behind a cut
    asio::thread_pool disk_;      // waits for it, so that no core does
    runner runner_;

    // While running, on the loop
    std::optional<locator> locator_;
    std::optional<fetch::http_client> http_;
    std::optional<fetch::fetcher> fetcher_;
    std::optional<clip_workers> workers_;           // for what runs on cpu_, and files that stores find
    std::optional<clip_workers> planning_workers_;  // for planners_: no video waits for a cut of another one
    std::stop_source planning_stop_;
    std::optional<asio::steady_timer> ledger_tick_;
    bool stages_ended_ = false;

    std::atomic<int> held_up_by_{-1};       // a reason
    std::atomic<std::uint64_t> listed_{0};  // clips that the first stage has let go
    std::atomic<std::size_t> cutting_{0};
    std::atomic<std::uint64_t> fetched_{0};
};

void downloader::implementation::say(severity how, const std::string& line) const
{
    if (options_.on_message) options_.on_message(how, line);
}

// ------------------------------------------------------------------------------------------------ the flow

pipeline downloader::implementation::clips_of_videos()
{
    const std::size_t cores = options_.jobs;
    // clang-format off
    return reelpipe::source("list", [this](out<video_ptr> next)    { return feed(std::move(next)); })
         | reelpipe::cpu("look",    [this](video_ptr v, const std::stop_token& s) { return look(std::move(v), s); }, {.workers = cores})
         | reelpipe::io("resolve",  [this](video_ptr v)            { return resolve(std::move(v)); }, {.workers = locator::useful_calls(options_), .attempts = options_.attempts})
         | reelpipe::io("fetch",    [this](video_ptr v, std::stop_token s) { return fetch(std::move(v), std::move(s)); }, {.workers = options_.connections, .attempts = options_.attempts})
         | reelpipe::io("split",    [this](video_ptr v, out<clip_job> next) { return split(std::move(v), std::move(next)); })
         | reelpipe::cpu("cut",     [this](clip_job c, std::stop_token s)   { return cut(std::move(c), std::move(s)); }, {.workers = cores, .queue = 2 * cores})
         | reelpipe::cpu("verify",  [this](clip_job c, std::stop_token s) { return verify(std::move(c), std::move(s)); }, {.workers = cores})
         | reelpipe::io("store",    [this](clip_job c, std::stop_token s)   { return store(std::move(c), std::move(s)); }, {.workers = stores_at_once})
         | reelpipe::sink("record", [this](clip_job c)             { record(std::move(c)); });
    // clang-format on
}

asio::awaitable<void> downloader::implementation::feed(out<video_ptr> next)
{
    using namespace asio::experimental::awaitable_operators;
    video_ptr video;
    std::vector<wanted_clip> page = wanted_.after(nullptr, work_list::page_size);
    while (!page.empty()) {
        // A list that is all done is fed as fast as files are looked up and rows are read, so that goes side by side.
        auto look_up = [this, &page] { return listed_clips(std::move(page)); };
        const wanted_clip last = page.back();
        auto [listed, following] = co_await (offload(planners_.get_executor(), std::move(look_up)) && page_after(last));
        for (listed_clip& each : listed) {
            if (each.settled) {
                accounts_.settled_before(each.wanted);
                ++listed_;
                continue;
            }
            if (video && video->id != each.wanted.clip.video) {
                video_ptr complete = std::move(video);
                video.reset();
                listed_ += complete->clips.size();
                co_await next.send(std::move(complete));
            }
            if (!video) {
                video = std::make_shared<video_job>();
                video->id = each.wanted.clip.video;
            }
            clip_task& task = video->clips.emplace_back();
            task.row = each.wanted.row;
            task.file = folder_.output() / each.name;
            task.clip = std::move(each.wanted.clip);
            if (!each.wanted.before) continue;
            const std::optional<reason> failed = each.wanted.before->failed;
            task.was_unavailable = failed == reason::unavailable || failed == reason::unconfirmed;
            if (!failed) task.stored = std::move(each.wanted.before);
        }
        page = std::move(following);
    }
    if (!video) co_return;
    listed_ += video->clips.size();
    co_await next.send(std::move(video));
}

asio::awaitable<std::vector<wanted_clip>> downloader::implementation::page_after(const wanted_clip& last)
{
    co_return wanted_.after(&last, work_list::page_size);
}

std::vector<downloader::implementation::listed_clip> downloader::implementation::listed_clips(
    std::vector<wanted_clip> page) const
{
    const store::stamp_reader folder(folder_.output());
    std::vector<listed_clip> listed;
    listed.reserve(page.size());
    for (wanted_clip& wanted : page) {
        listed_clip& each = listed.emplace_back();
        each.name = store::clip_name(wanted.clip, trim_);
        each.settled = is_settled(wanted, each.name, folder);
        each.wanted = std::move(wanted);
    }
    return listed;
}

bool downloader::implementation::is_settled(const wanted_clip& wanted, const std::string& name,
                                            const store::stamp_reader& folder) const
{
    if (!wanted.before) return false;
    if (!wanted.before->failed) {
        const store::stamp found = folder.stamp_of(name);
        return found != store::stamp{} && found == wanted.before->file;
    }
    if (is_free_to_ask_) return false;
    return is_final(*wanted.before->failed) && !retry_.contains(*wanted.before->failed);
}

// Files that no ledger knows, from another tool or a forgotten run, and those that changed since they were stored: good
// ones count, others make room.
video_ptr downloader::implementation::look(video_ptr video, const std::stop_token& stop)
{
    for (clip_task& task : video->clips) {
        try {
            if (stop.stop_requested())
                throw std::system_error(std::make_error_code(std::errc::operation_canceled), "look at clips");
            if (store::stamp_of(task.file) == store::stamp{}) continue;
            const trace::span traced(trace_.get(), trace::kind::worker, "look", task.file.stem().string());
            standing_file there = look_at(task, stop);
            task.found = std::move(there.found);
            task.note = std::move(there.note);
        } catch (const std::exception&) {
            throw job_failed(video, std::current_exception(), &task);
        }
    }
    return video;
}

downloader::implementation::standing_file downloader::implementation::look_at(const clip_task& task,
                                                                              const std::stop_token& stop)
{
    std::string wrong;
    try {
        return {.found = record_of_file(task, stop)};
    } catch (const verify::verify_error& e) {
        wrong = e.what();
    } catch (const media::error& e) {
        wrong = e.what();
    } catch (const media::process_died& e) {
        wrong = e.what();
    } catch (const worker_unavailable&) {
        throw;
    } catch (const std::system_error& e) {
        if (e.code() == std::errc::no_such_file_or_directory) return {};  // gone since it was seen
        throw;
    }
    const fs::path kept = store::set_aside(task.file, folder_.rejected());
    return {.note = fmt::format("{}: {}; moved to {} and made again", task.file.string(), wrong, kept.string())};
}

clip_record downloader::implementation::record_of_file(const clip_task& task, const std::stop_token& stop)
{
    const store::stamp stamp = store::stamp_of(task.file);
    if (fs::is_directory(task.file))
        throw std::system_error(std::make_error_code(std::errc::is_a_directory), task.file.string());
    // Nobody knows where the video of a file ends that the ledger does not know, and asking costs a request.
    const std::chrono::microseconds wanted = task.clip.wanted.end - task.clip.wanted.start;
    verify::expectation expected{.duration = wanted, .may_be_shorter = true};
    if (task.stored) expected = expectation_of(*task.stored);
    expected.decodable = options_.verify_fully;
    const verify::facts facts =
        workers_ ? workers_->verify_file(task.file, expected, stop) : verify::check_file(task.file, expected);
    if (task.stored) check_same(facts, *task.stored);
    clip_record found = record_of(facts, stamp);
    if (!task.stored && wanted - facts.duration > worth_mentioning)
        found.message = shorter_text("Exists", wanted - facts.duration);
    return found;
}

asio::awaitable<std::optional<video_ptr>> downloader::implementation::resolve(video_ptr video)
{
    for (const clip_task& task : video->clips) {
        if (!task.note.empty()) say(severity::warning, task.note);
        if (task.found) accounts_.exists(task.clip, task.row, *task.found);
    }
    std::erase_if(video->clips, [](const clip_task& task) { return task.found.has_value(); });
    for (clip_task& task : video->clips) task.note.clear();
    video->unsettled = video->clips.size();
    if (video->clips.empty()) {
        kept_.forget(video->id);
        co_return std::nullopt;
    }

    ++video->resolve_attempts;
    const steady::time_point start = steady::now();
    std::exception_ptr error;
    try {
        if (policy_.has_stopped() || is_late(video->resolve_attempts)) throw run_is_ending();
        std::optional<media_source> kept;
        if (locator_->has_expiring_urls()) kept = kept_.find(video->id);
        if (kept)
            video->source = std::move(*kept);
        else
            co_await locate(*video);
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    video->resolve_s += seconds_since(start);
    if (error) throw job_failed(video, error);
    co_return video;
}

asio::awaitable<video_ptr> downloader::implementation::fetch(video_ptr video, std::stop_token stop)
{
    const std::stop_callback also_plans(stop, [this] { planning_stop_.request_stop(); });
    const trace::span traced(trace_.get(), trace::kind::transfer, "fetch", video->id);
    ++video->fetch_attempts;
    const steady::time_point start = steady::now();
    std::exception_ptr error;
    try {
        if (is_late(video->fetch_attempts)) throw run_is_ending();
        co_await fetch_what_is_missing(*video);
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    video->fetch_s += seconds_since(start);
    fetched_ = http_->bytes();
    if (error) throw job_failed(video, error);
    for (const media_file& file : video->source.files)
        if (const remote_file* const part = remote_part(file)) policy_.answered(fetch::host_of(part->url));
    co_return video;
}

fetch::media_probe downloader::implementation::media_probe()
{
    fetch::media_probe looks;
    if (!planning_workers_) return looks;
    looks.plan = [this](const media::partial_file& file, const std::vector<segment>& wanted, media::tracks kind) {
        return planning_workers_->plan(file, wanted, kind, planning_stop_.get_token());
    };
    looks.run = [this](const media::partial_file& view, std::chrono::microseconds begin, const segment& wanted,
                       media::tracks kind) {
        return planning_workers_->look_at_run(view, begin, wanted, kind, planning_stop_.get_token());
    };
    return looks;
}

asio::awaitable<void> downloader::implementation::fetch_what_is_missing(video_job& video)
{
    const auto now = std::chrono::system_clock::now();
    if (locator_->has_expiring_urls() && has_expired(video.source, now)) co_await locate(video);
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::steady_timer until_served(loop, wait_for(video.source, now));
    co_await until_served.async_wait(asio::use_awaitable);

    std::exception_ptr error;
    try {
        video.material = co_await fetcher_->fetch(video.held, video.source, segments_of(video));
    } catch (const fetch::http_error& e) {
        if (!locator_->has_expiring_urls() || !may_have_expired(e.status)) throw;
        error = std::current_exception();
    }
    if (!error) co_return;

    co_await locate(video);
    video.material = co_await fetcher_->fetch(video.held, video.source, segments_of(video));
}

asio::awaitable<void> downloader::implementation::locate(video_job& video)
{
    const trace::span traced(trace_.get(), trace::kind::resolver, "resolve", video.id);
    resolved_video found = co_await locator_->locate(video.id);
    video.source = std::move(found.source);
    policy_.resolved();
    if (locator_->has_expiring_urls()) kept_.keep(video.id, video.source);
}

asio::awaitable<void> downloader::implementation::split(video_ptr video, out<clip_job> next)
{
    for (std::size_t i = 0; i < video->clips.size(); ++i) {
        clip_job job(video, i);
        co_await next.send(std::move(job));
    }
}

clip_job downloader::implementation::cut(clip_job job, std::stop_token stop)
{
    const trace::span traced(trace_.get(), trace::kind::worker, "cut", name_of(job));
    struct counted {
        explicit counted(std::atomic<std::size_t>& n) : count(n) { ++count; }
        ~counted() { --count; }
        std::atomic<std::size_t>& count;
    } const one_more(cutting_);
    const steady::time_point start = steady::now();
    try {
        job.file.emplace(folder_.temporary());
        const cut::input video = video_of(job);
        const segment wanted = job.task->clip.wanted;
        job.cut = workers_ ? workers_->cut(video, wanted, job.file->descriptor(), how_to_cut_, stop)
                           : cut::make_clip(video, wanted, job.file->descriptor(), how_to_cut_, stop);
    } catch (const std::exception&) {
        throw job_failed(job.video, std::current_exception(), job.task);
    }
    job.cut_s = seconds_since(start);
    return job;
}

clip_job downloader::implementation::verify(clip_job job, std::stop_token stop)
{
    const trace::span traced(trace_.get(), trace::kind::worker, "verify", name_of(job));
    const steady::time_point start = steady::now();
    try {
        const bool evenly = !how_to_cut_.lossless && job.cut.start == std::chrono::microseconds{};
        const verify::expectation expected{.frames = job.cut.frames,
                                           .start = job.cut.start,
                                           .duration = job.cut.duration,
                                           .audio = job.cut.audio,
                                           .constant_rate = evenly,
                                           .decodable = options_.verify_fully};
        job.facts = workers_ ? workers_->verify(job.file->descriptor(), expected, stop)
                             : verify::check(job.file->descriptor(), expected);
    } catch (const std::exception&) {
        throw job_failed(job.video, std::current_exception(), job.task);
    }
    job.verify_s = seconds_since(start);
    return job;
}

// The name may have been taken since it was looked for: by another program, or by a link that leads nowhere.
void downloader::implementation::put_in_place(clip_job& job, const std::stop_token& stop)
{
    const fs::path& name = job.task->file;
    job.placed = job.file->place(name);
    if (!job.placed) {
        standing_file there = look_at(*job.task, stop);
        job.found = std::move(there.found);
        job.note = std::move(there.note);
        if (!job.found) job.placed = job.file->place(name);
    }
    if (!job.placed && !job.found)
        throw std::system_error(
            std::make_error_code(std::errc::file_exists),
            fmt::format("name the clip {}, where something stands that cannot be opened", name.string()));
    job.file.reset();
}

asio::awaitable<clip_job> downloader::implementation::store(clip_job job, std::stop_token stop)
{
    const trace::span traced(trace_.get(), trace::kind::disk, "store", name_of(job));
    const steady::time_point start = steady::now();
    auto place = [&] { put_in_place(job, stop); };
    try {
        co_await offload(disk_.get_executor(), place);
    } catch (const std::exception&) {
        throw job_failed(job.video, std::current_exception(), job.task);
    }
    job.store_s = seconds_since(start);
    co_return job;
}

void downloader::implementation::record(clip_job job)
{
    if (!job.note.empty()) say(severity::warning, job.note);
    clip_record r = job.placed ? record_of(job.facts, *job.placed) : std::move(*job.found);
    r.attempts = std::max(job.video->resolve_attempts, job.video->fetch_attempts);
    r.fetched = job.video->held.counts.bytes;
    r.resolve_s = job.video->resolve_s;
    r.fetch_s = job.video->fetch_s;
    r.cut_s = job.cut_s;
    r.verify_s = job.verify_s;
    r.store_s = job.store_s;
    if (job.placed && job.cut.missing > worth_mentioning) r.message = shorter_text("Downloaded", job.cut.missing);
    if (job.placed)
        accounts_.stored(job.task->clip, job.task->row, r);
    else
        accounts_.exists(job.task->clip, job.task->row, r);
    if (job.video->settle(1)) kept_.forget(job.video->id);
}

// ------------------------------------------------------------------------------------------------ the run

asio::awaitable<download_summary> downloader::implementation::run()
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    const fs::path temporary = options_.tmp_dir.empty() ? folder_.temporary() : options_.tmp_dir;
    create_temporary(temporary);
    locator_.emplace(
        loop, options_,
        wait_hooks{
            .is_ending = [this] { return policy_.is_ending(); },
            .on_hold_up = [this](std::optional<reason> why) { held_up_by_ = why ? static_cast<int>(*why) : -1; }},
        ledger_.last_stored_video());
    if (!options_.worker.empty()) {
        workers_.emplace(options_.worker, options_.cut_timeout);
        planning_workers_.emplace(options_.worker, std::min(options_.cut_timeout, longest_plan));
    }
    http_.emplace(loop, fetch::http_options{.connections = options_.connections,
                                            .connections_per_host = options_.connections_per_host,
                                            .connect_timeout = std::min(fetch::http_options{}.connect_timeout,
                                                                        std::chrono::milliseconds(options_.timeout)),
                                            .stall_time = options_.timeout,
                                            .rate_limit = options_.rate_limit,
                                            .allow_private = options_.allow_private,
                                            .ipv4_only = is_site(options_)});  // as yt-dlp is told to ask
    std::shared_ptr<fetch::disk_budget> budget;
    if (options_.tmp_limit != 0) budget = std::make_shared<fetch::disk_budget>(loop, options_.tmp_limit);
    fetcher_.emplace(*http_, planners_.get_executor(),
                     fetch::fetch_options{.folder = temporary,
                                          .budget = std::move(budget),
                                          .max_height = options_.max_height,
                                          .looks = media_probe()});
    ledger_tick_.emplace(loop);

    std::exception_ptr error;
    report ended;
    {
        using namespace asio::experimental::awaitable_operators;
        co_await (run_stages(ended, error) && keep_committing());
    }
    workers_.reset();
    planning_workers_.reset();
    fetcher_.reset();
    http_.reset();
    locator_.reset();
    end_ledger(ended.end);
    std::exception_ptr report_error;
    try {
        write_report(options_.report, wanted_, trim_);
        if (accounts_.totals().stored > 0) store::make_names_durable(folder_.output());
    } catch (const std::exception&) {
        report_error = std::current_exception();
    }
    if (policy_.stop_reason() && policy_.stop_reason()->why == reason::disk_full) tell_what_is_missing();
    if (!error) error = report_error;
    if (error) std::rethrow_exception(error);
    co_return summary(ended.end, std::move(ended.stages));
}

// Leaves what went wrong in `error`, so that the ledger's timer is stopped in any case.
asio::awaitable<void> downloader::implementation::run_stages(report& ended, std::exception_ptr& error)
{
    try {
        const std::vector<message> said = co_await locator_->start();
        for (const message& m : said) say(m.how, m.text);
        if (const double rate = resolves_per_hour(options_); rate > 0) {
            const std::uint64_t videos = count_work(wanted_, retry_).videos;
            say(severity::note, fmt::format("{} video{} at {:.0f} an hour, which the site's quota allows: at least {}",
                                            videos, videos == 1 ? "" : "s", rate, quota_time(videos, rate)));
        }
        ledger_.begin_run({.resolver = locator_->version(), .options = output_options_json(options_)});
        ended = co_await runner_.run();
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
    stages_ended_ = true;
    ledger_tick_->cancel();
}

// Commits what is due also when no further outcome comes, so that no more than a second of them is at risk.
asio::awaitable<void> downloader::implementation::keep_committing()
{
    co_await asio::this_coro::throw_if_cancelled(false);  // the stages are cancelled, and this ends with them
    asio::error_code ignored;
    while (!stages_ended_) {
        ledger_tick_->expires_after(ledger::commit_interval);
        co_await ledger_tick_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        accounts_.commit(false);
        if (!accounts_.ledger_error() || policy_.has_stopped()) continue;
        policy_.stop(diagnose(accounts_.ledger_error()));
        runner_.drain();
    }
}

void downloader::implementation::end_ledger(ending end)
{
    accounts_.commit(true);
    if (accounts_.ledger_error()) {
        policy_.stop(diagnose(accounts_.ledger_error()));
        return;
    }
    try {
        const bool stopped = policy_.stop_reason().has_value();
        ledger_.end_run(stopped ? to_string(policy_.stop_reason()->why) : word_of(end));
    } catch (const database_error&) {
        policy_.stop(diagnose(std::current_exception()));
    }
}

// A full disk: how much there is, and how much the rest of the lists will take.
void downloader::implementation::tell_what_is_missing() const
{
    constexpr double megabyte = 1e6;
    std::error_code unknown;
    const fs::space_info disk = fs::space(folder_.output(), unknown);
    const progress p = now();
    const std::uint64_t left = p.clips - p.stored - p.exists - p.failed;
    std::string need = "as much as they take";
    if (const std::optional<double> mean = ledger_.mean_clip_bytes())
        need = fmt::format("about {:.1f} MB", *mean * static_cast<double>(left) / megabyte);
    const std::string rest = left == 1 ? "clip that is left needs" : fmt::format("{} clips that are left need", left);
    say(severity::error,
        fmt::format("{} has {:.1f} MB free; the {} {}, besides the videos under way{}; make room and run again",
                    folder_.output().string(), unknown ? 0 : static_cast<double>(disk.available) / megabyte, rest, need,
                    options_.tmp_dir.empty() ? "" : " in " + options_.tmp_dir.string()));
}

download_summary downloader::implementation::summary(ending end, std::vector<stage_stats> stages)
{
    download_summary s{.totals = now(), .end = end, .bad_rows = bad_rows_, .stages = std::move(stages)};
    s.duplicates = size_.rows - size_.clips;
    s.pending = s.totals.clips - s.totals.stored - s.totals.exists - s.totals.failed;
    s.report = options_.report;
    s.examples = accounts_.examples();
    if (const std::optional<finding>& why = policy_.stop_reason()) {
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

}  // namespace reelpipe
