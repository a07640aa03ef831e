#include <fmt/format.h>

#include <algorithm>
#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "batch/attempt.hpp"
#include "batch/commit_queue.hpp"
#include "batch/plan_folder.hpp"
#include "batch/shaping.hpp"
#include "batch/shard_manifest.hpp"
#include "batch/shard_work.hpp"
#include "reelpipe/batch.hpp"
#include "site/locator.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

namespace {

// What fails for the time being is tried again when the rest is done, and once: the scheduler has patience, not a task.
constexpr int rounds = 2;
constexpr std::size_t told_shards = 5;

}  // namespace

// Threads: the loop's. Commits and heartbeats wait for the disk on threads of their own.
class batch_task::implementation {
public:
    explicit implementation(batch_run_options);

    asio::awaitable<batch_summary> run();
    void drain();
    void cancel();
    progress now() const { return run_ ? run_->now() : shown_; }
    std::vector<stage_stats> stages() const { return run_ ? run_->stages() : shown_stages_; }

private:
    asio::awaitable<void> work();
    asio::awaitable<void> run_once();
    asio::awaitable<void> keep_beating();
    asio::awaitable<void> settle();

    download_options options_of_run();
    source_options shared_source() const;
    bool has_manifest(std::uint32_t shard);
    std::optional<std::vector<clip_request>> rows_of(std::uint32_t shard);
    bool is_over(std::uint32_t shard) const;  // for this task
    std::optional<clip_request> next_row();
    shard_work* work_of(std::uint32_t shard);
    void enter(const clip_outcome&);
    void commit_in_background(std::uint32_t shard);
    bool may_be_committed(const shard_work&) const;
    bool goes_on() const { return !is_draining_ && last_.end == ending::complete && !last_.stopped_by; }
    heartbeat present() const;
    std::uint64_t finished() const;
    batch_summary summary();
    void judge(batch_summary&) const;
    void tell_left() const;
    void say(severity how, const std::string& line) const
    {
        if (options_.run.events.on_message) options_.run.events.on_message(how, line);
    }

    batch_run_options options_;
    const plan_folder place_;
    const batch_plan plan_;
    std::vector<std::uint32_t> wanted_;  // without a manifest, in the order of their turns
    std::unordered_map<std::uint32_t, std::uint32_t> turns_{};
    batch_summary counts_{};
    const steady::time_point begun_ = steady::now();

    std::optional<attempt> attempt_{};
    std::optional<scratch_folder> scratch_{};
    std::optional<commit_queue> commits_{};
    asio::thread_pool beats_{1};
    asio::steady_timer* next_beat_ = nullptr;  // of run(), as it must not outlive the loop
    bool has_ended_ = false;
    std::exception_ptr error_{};  // of the run

    std::unique_ptr<downloader> run_{};
    download_summary last_{};
    progress shown_{};
    std::vector<stage_stats> shown_stages_{};
    bool is_draining_ = false;

    std::vector<std::uint32_t> to_read_{};  // shards whose rows this round has still to give, the next one last
    std::deque<clip_request> rows_{};       // of the one that is being given
    std::unordered_map<std::uint32_t, std::unique_ptr<shard_work>> open_{};
    std::set<std::uint32_t> damaged_{}, unread_{};  // of the plan: what cannot be used, and what could not be read
    std::set<std::uint32_t> handed_over_{};         // to be committed
};

batch_task::implementation::implementation(batch_run_options options)
    : options_(std::move(options)), place_(options_.place), plan_(place_.read())
{
    if (const auto others = differences_of(plan_.options, shaping_values(options_.run)); !others.empty())
        throw usage_error(fmt::format("the plan of {} is for clips made with other options: {}",
                                      place_.output().string(), fmt::join(others, ", ")));
    for (const std::uint32_t shard : options_.shards) {
        if (shard >= plan_.shards)
            throw usage_error(fmt::format("there is no shard {}: the plan has {}, and the first one is shard 0", shard,
                                          plan_.shards));
        if (turns_.contains(shard)) continue;
        if (has_manifest(shard)) {
            ++counts_.had_manifest;
            continue;
        }
        turns_[shard] = static_cast<std::uint32_t>(wanted_.size());
        wanted_.push_back(shard);
    }
}

// A manifest is never replaced, so one that cannot be used has to go first.
bool batch_task::implementation::has_manifest(std::uint32_t shard)
{
    const fs::path manifest = place_.manifest(shard);
    if (!fs::exists(manifest)) return false;
    try {
        read_shard_head(manifest, plan_, shard);
        return true;
    } catch (const bad_shard_manifest& e) {
        say(severity::error,
            fmt::format("manifest {}: {}; move it away, and run this shard again", manifest.string(), e.what()));
    }
    damaged_.insert(shard);
    return false;
}

// ------------------------------------------------------------------------------------------------ rows and outcomes

// Nothing: they cannot be had, which is told, and the shard is left.
std::optional<std::vector<clip_request>> batch_task::implementation::rows_of(std::uint32_t shard)
{
    try {
        return place_.rows(plan_, shard);
    } catch (const damaged_shard& e) {
        damaged_.insert(shard);
        say(severity::error, e.what());
    } catch (const std::system_error& e) {
        unread_.insert(shard);
        say(severity::error, fmt::format("shard {}: {}", shard, e.what()));
    }
    return std::nullopt;
}

bool batch_task::implementation::is_over(std::uint32_t shard) const
{
    return handed_over_.contains(shard) || damaged_.contains(shard) || unread_.contains(shard);
}

// The rows of one shard after another, for the run that reads them.
std::optional<clip_request> batch_task::implementation::next_row()
{
    while (rows_.empty()) {
        if (to_read_.empty()) return std::nullopt;
        const std::uint32_t shard = to_read_.back();
        to_read_.pop_back();
        std::optional<std::vector<clip_request>> rows = rows_of(shard);
        if (!rows) continue;
        if (rows->empty()) commit_in_background(shard);
        rows_.assign(std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
    }
    clip_request row = std::move(rows_.front());
    rows_.pop_front();
    return row;
}

// A shard is in memory from its first outcome to its commit. Null: it is none of this task.
shard_work* batch_task::implementation::work_of(std::uint32_t shard)
{
    if (!turns_.contains(shard) || is_over(shard)) return nullptr;
    if (const auto found = open_.find(shard); found != open_.end()) return found->second.get();
    std::optional<std::vector<clip_request>> rows = rows_of(shard);
    if (!rows) return nullptr;
    return (open_[shard] = std::make_unique<shard_work>(shard, std::move(*rows))).get();
}

void batch_task::implementation::enter(const clip_outcome& outcome)
{
    const std::uint32_t shard = shard_of_video(outcome.clip.video, plan_.shards);
    shard_work* const work = work_of(shard);
    if (!work) return;
    work->enter(outcome);
    if (work->is_complete() && work->transient() == 0) commit_in_background(shard);
    if (options_.run.events.on_clip) options_.run.events.on_clip(outcome);
}

bool batch_task::implementation::may_be_committed(const shard_work& work) const
{
    return work.is_complete() && work.transient() * 100 <= work.rows() * plan_.transient_percent;
}

// ------------------------------------------------------------------------------------------------ commits

void batch_task::implementation::commit_in_background(std::uint32_t shard)
{
    handed_over_.insert(shard);
    std::vector<shard_clip> clips;
    if (const auto found = open_.find(shard); found != open_.end()) {
        clips = found->second->take_clips();
        open_.erase(found);
    }
    commits_->add(shard, std::move(clips));
}

// ------------------------------------------------------------------------------------------------ the run

// The sites count the requests of an address. Tasks on one machine share its quota; where all machines are behind one
// address, each of the tasks takes its part.
source_options batch_task::implementation::shared_source() const
{
    source_options source = options_.run.source;
    source.shares_quota = !plan_.one_address;
    const double rate = resolves_per_hour(source);
    if (!plan_.one_address || rate <= 0) return source;
    const double part = rate / static_cast<double>(std::max<std::size_t>(source.proxies.size(), 1)) / plan_.max_tasks;
    if (source.player_rate)
        source.player_rate = part;
    else
        source.resolve_rate = part;
    return source;
}

download_options batch_task::implementation::options_of_run()
{
    download_options o = options_.run;
    o.wanted = {};
    o.wanted.clips = [this] { return next_row(); };
    o.wanted.turn = [this](std::string_view video) { return turns_.at(shard_of_video(video, plan_.shards)); };
    o.source = shared_source();
    o.output.folder = place_.output();
    o.output.state = scratch_->path() / "state";
    o.output.unfinished = attempt_->folder() / "clips";
    o.output.report = scratch_->path() / "report.json";
    o.events.on_clip = [this](const clip_outcome& outcome) { enter(outcome); };
    return o;
}

asio::awaitable<void> batch_task::implementation::run_once()
{
    to_read_.clear();
    for (const std::uint32_t shard : wanted_)
        if (!is_over(shard)) to_read_.push_back(shard);
    std::ranges::reverse(to_read_);
    run_ = std::make_unique<downloader>(options_of_run());
    if (is_draining_) run_->drain();
    std::exception_ptr error;
    try {
        last_ = co_await run_->run();
    } catch (...) {
        error = std::current_exception();
    }
    shown_ = run_->now();
    shown_stages_ = run_->stages();
    run_.reset();
    if (error) std::rethrow_exception(error);
}

asio::awaitable<void> batch_task::implementation::work()
{
    for (int round = 0; round < rounds; ++round) {
        co_await run_once();
        const bool is_any_left =
            std::ranges::any_of(open_, [](const auto& each) { return each.second->transient() > 0; });
        if (!goes_on() || !is_any_left) break;
        if (round + 1 < rounds) say(severity::note, "asking again for what failed for the time being");
    }
    if (!goes_on()) co_return;  // what failed for the time being has not been asked for again
    std::vector<std::uint32_t> good;
    for (const auto& [shard, each] : open_)
        if (may_be_committed(*each)) good.push_back(shard);
    for (const std::uint32_t shard : good) commit_in_background(shard);
}

asio::awaitable<void> batch_task::implementation::settle()
{
    try {
        co_await work();
    } catch (...) {
        error_ = std::current_exception();
    }
    auto nothing = [] {};
    co_await offload(commits_->executor(), nothing);  // behind all commits
    has_ended_ = true;
    next_beat_->cancel();
}

// A heartbeat that cannot be written costs nothing but the sight of this task.
asio::awaitable<void> batch_task::implementation::keep_beating()
{
    asio::error_code ignored;
    while (!has_ended_) {
        auto beat = [this, said = present()] {
            try {
                attempt_->beat(said);
            } catch (const std::exception&) {
                return;
            }
        };
        co_await offload(beats_.get_executor(), beat);
        if (has_ended_) break;
        next_beat_->expires_after(heartbeat_interval);
        co_await next_beat_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<batch_summary> batch_task::implementation::run()
{
    using namespace asio::experimental::awaitable_operators;
    if (!wanted_.empty()) {
        attempt_.emplace(place_);
        fs::create_directories(attempt_->folder() / "clips");
        scratch_.emplace(options_.scratch);
        commits_.emplace(place_, plan_, *attempt_, options_.run.output.trim_format);
        asio::steady_timer beat(co_await asio::this_coro::executor);
        next_beat_ = &beat;
        asio::awaitable<void> settling = settle(), beating = keep_beating();
        co_await (std::move(settling) && std::move(beating));
        scratch_.reset();
        attempt_.reset();  // nothing is committed any more
        if (error_) std::rethrow_exception(error_);
    }
    co_return summary();
}

void batch_task::implementation::drain()
{
    is_draining_ = true;
    if (run_) run_->drain();
}

void batch_task::implementation::cancel()
{
    is_draining_ = true;
    if (run_) run_->cancel();
}

// ------------------------------------------------------------------------------------------------ what is said of it

std::uint64_t batch_task::implementation::finished() const
{
    if (!commits_) return 0;
    const commit_queue::result so_far = commits_->so_far();
    return so_far.placed + so_far.lost;
}

heartbeat batch_task::implementation::present() const
{
    const progress p = now();
    heartbeat said{.plan = plan_.id, .host = name_of_host(), .clips = p.clips};
    said.clips_done = p.stored + p.exists + p.failed;
    said.elapsed_s = std::chrono::duration<double>(steady::now() - begun_).count();
    said.shards = wanted_.size() - finished();
    return said;
}

void batch_task::implementation::tell_left() const
{
    std::size_t told = 0;
    for (const auto& [shard, each] : open_)
        if (each->is_complete() && told++ < told_shards)
            say(severity::warning,
                fmt::format("shard {}: {} of {} clips failed for the time being ({}); it gets no manifest", shard,
                            each->transient(), each->rows(), each->transient_reasons()));
    if (!commits_) return;
    for (const std::string& each : commits_->so_far().complaints) say(severity::error, each);
}

// Says why shards are left, and whether that may pass.
void batch_task::implementation::judge(batch_summary& s) const
{
    if (s.left == 0) return;
    if (s.left == damaged_.size()) {
        s.end = batch_end::impossible;
        s.why = "their plan or manifest is damaged";
        return;
    }
    s.end = batch_end::try_again;
    if (last_.stopped_by) {
        if (class_of(*last_.stopped_by) == reason_class::configuration) s.end = batch_end::configuration;
        s.why = last_.stop_message.empty() ? std::string(explain(*last_.stopped_by)) : last_.stop_message;
    } else if (is_draining_) {
        s.why = "the task was asked to end";
    } else {
        s.why = "clips failed for the time being, or a manifest could not be placed";
    }
}

batch_summary batch_task::implementation::summary()
{
    tell_left();
    batch_summary s = counts_;
    s.left = wanted_.size() - finished();
    for (const std::uint32_t shard : wanted_)
        if (!handed_over_.contains(shard) && !damaged_.contains(shard) && fs::exists(place_.manifest(shard))) {
            ++s.lost;
            --s.left;
        }
    if (commits_) {
        const commit_queue::result all = commits_->so_far();
        s.committed = all.placed;
        s.lost += all.lost;
        s.stored = all.stored;
        s.failed = all.failed;
        s.transient = all.transient;
    }
    judge(s);
    return s;
}

batch_task::batch_task(batch_run_options options)
    : implementation_(std::make_unique<implementation>(std::move(options)))
{
}
batch_task::~batch_task() = default;
asio::awaitable<batch_summary> batch_task::run() & { return implementation_->run(); }
void batch_task::drain() { implementation_->drain(); }
void batch_task::cancel() { implementation_->cancel(); }
progress batch_task::now() const { return implementation_->now(); }
std::vector<stage_stats> batch_task::stages() const { return implementation_->stages(); }

}  // namespace reelpipe
