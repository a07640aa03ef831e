#include "batch/commit_queue.hpp"

#include <fmt/format.h>

#include <asio/post.hpp>
#include <exception>
#include <utility>

namespace reelpipe {

void commit_queue::add(std::uint32_t shard, std::vector<shard_clip> clips)
{
    asio::post(thread_, [this, shard, all = std::move(clips)]() mutable { commit_now(shard, std::move(all)); });
}

commit_queue::result commit_queue::so_far() const
{
    const mutex_lock guard(mutex_);
    return result_;
}

void commit_queue::commit_now(std::uint32_t shard, std::vector<shard_clip> clips)
{
    std::uint64_t failed = 0, transient = 0;
    const std::uint64_t all = clips.size();
    for (const shard_clip& each : clips) {
        failed += each.outcome.how == clip_outcome::status::failed;
        transient += is_transient(each.outcome);
    }
    try {
        const commit_end end = commit({.place = place_,
                                       .plan = plan_,
                                       .shard = shard,
                                       .clips = std::move(clips),
                                       .attempt = attempt_.name(),
                                       .unfinished = attempt_.folder(),
                                       .trim_format = trim_format_});
        const mutex_lock guard(mutex_);
        if (end == commit_end::lost) {
            ++result_.lost;
            return;
        }
        ++result_.placed;
        result_.stored += all - failed;
        result_.failed += failed;
        result_.transient += transient;
    } catch (const std::exception& e) {
        const mutex_lock guard(mutex_);
        result_.complaints.push_back(fmt::format("shard {} could not be committed: {}", shard, e.what()));
    }
}

}  // namespace reelpipe
