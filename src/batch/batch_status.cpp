#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>

#include "batch/attempt.hpp"
#include "batch/fresh_name.hpp"
#include "batch/plan_folder.hpp"
#include "batch/shard_manifest.hpp"
#include "reelpipe/batch.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr double rate_window_s = 3600;
constexpr double least_window_s = 10;  // a rate of less time says nothing

// A worker of this plan; nothing where the folder is something else, or goes away meanwhile.
std::optional<batch_worker> worker_in(const fs::path& folder, const batch_plan& plan)
try {
    const heartbeat said = heartbeat_in(folder);
    if (said.plan != plan.id) return std::nullopt;
    const double silent_s = silence_of(folder).count();
    return batch_worker{.attempt = folder.filename(),
                        .host = said.host,
                        .shards = said.shards,
                        .clips_done = said.clips_done,
                        .clips = said.clips,
                        .elapsed_s = said.elapsed_s,
                        .silent_s = silent_s,
                        .is_silent = silent_s > std::chrono::duration<double>(silent_after).count()};
} catch (const std::exception&) {
    return std::nullopt;
}

std::vector<batch_worker> workers_of(const plan_folder& place, const batch_plan& plan)
{
    std::vector<batch_worker> all;
    std::error_code none;
    for (const fs::directory_entry& each : fs::directory_iterator(place.attempts(), none))
        if (is_fresh_name(each.path().filename().string()))
            if (auto worker = worker_in(each.path(), plan)) all.push_back(std::move(*worker));
    std::ranges::sort(all, {}, [](const batch_worker& each) { return std::tie(each.host, each.attempt); });
    return all;
}

// How fast clips have come to an end of late.
class recent_clips {
public:
    void add(const shard_head& head)
    {
        const auto age = now_ - std::chrono::seconds(head.finished);
        const double age_s = std::chrono::duration<double>(age).count();
        if (age_s < 0 || age_s > rate_window_s) return;
        clips_ += head.clips;
        if (age_s <= oldest_s_) return;
        oldest_s_ = age_s;
        of_oldest_ = head.clips;
    }

    std::optional<double> per_hour() const
    {
        if (clips_ == of_oldest_ || oldest_s_ < least_window_s) return std::nullopt;
        return static_cast<double>(clips_ - of_oldest_) / oldest_s_ * 3600;
    }

private:
    std::chrono::system_clock::duration now_ = std::chrono::system_clock::now().time_since_epoch();
    std::uint64_t clips_ = 0, of_oldest_ = 0;  // the oldest shard's were made before the window
    double oldest_s_ = 0;
};

}  // namespace

batch_status status_of_batch(const batch_place& where)
{
    const plan_folder place(where);
    batch_status s{.plan = place.read()};
    recent_clips recent;
    for (std::uint32_t shard = 0; shard < s.plan.shards; ++shard) {
        const fs::path file = place.manifest(shard);
        std::error_code unknown;
        if (!fs::exists(file, unknown)) {
            s.missing.push_back(shard);
            continue;
        }
        try {
            const shard_head head = read_shard_head(file, s.plan, shard);
            s.stored += head.stored;
            s.failed += head.failed;
            s.transient += head.transient;
            s.bytes += head.bytes;
            for (const auto& [why, count] : head.failures) s.failures[why] += count;
            recent.add(head);
        } catch (const bad_shard_manifest&) {
            s.damaged.push_back(shard);
        }
    }
    s.workers = workers_of(place, s.plan);
    s.clips_per_hour = recent.per_hour();
    const std::uint64_t left = s.plan.clips - std::min(s.plan.clips, s.stored + s.failed);
    if (s.clips_per_hour && left > 0) s.left_s = static_cast<double>(left) / *s.clips_per_hour * 3600;
    return s;
}

batch_gc_summary collect_batch_garbage(const fs::path& root, std::chrono::seconds silent_for)
{
    const plan_folder place({.root = root});
    place.read();  // a folder without a plan is somebody else's
    batch_gc_summary s;
    std::error_code none;
    for (const fs::directory_entry& each : fs::directory_iterator(place.attempts(), none)) {
        if (!is_fresh_name(each.path().filename().string()) || !fs::is_directory(each.symlink_status())) continue;
        try {
            if (silence_of(each.path()) < silent_for) {
                ++s.kept;
                continue;
            }
            fs::remove_all(each.path());
            ++s.removed;
        } catch (const std::system_error&) {
            if (!fs::exists(each.symlink_status())) continue;  // its task has removed it
            throw;
        }
    }
    fs::remove(place.attempts(), none);
    return s;
}

}  // namespace reelpipe
