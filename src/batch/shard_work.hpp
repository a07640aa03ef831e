#ifndef REELPIPE_BATCH_SHARD_WORK_HPP
#define REELPIPE_BATCH_SHARD_WORK_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "batch/plan_folder.hpp"
#include "batch/shard_manifest.hpp"
#include "reelpipe/clip_outcome.hpp"

namespace reelpipe {

// A shard under way: its rows, and what became of each. Threads: one at a time.
class shard_work {
public:
    // The rows are those of the plan, in its order.
    shard_work(std::uint32_t number, std::vector<clip_request> rows);

    std::uint32_t number() const { return number_; }

    // Enters the outcome of a clip; a later one counts instead of an earlier one. What is no row is passed over.
    void enter(const clip_outcome&);

    bool is_complete() const { return open_ == 0; }
    std::uint64_t rows() const { return clips_.size(); }
    std::uint64_t transient() const { return transient_; }
    // "network 38, changed 2"
    std::string transient_reasons() const;

    std::vector<shard_clip> take_clips() { return std::move(clips_); }

private:
    std::uint32_t number_;
    std::vector<shard_clip> clips_;
    std::vector<bool> entered_;
    std::uint64_t open_, transient_ = 0;
};

// How the commit of a shard ended.
enum class commit_end : std::uint8_t {
    placed,  // the manifest is this task's
    lost,    // there is one, of another task
};

// Places the manifest of a complete shard, when all of its clips are in place. `clips` are those of take_clips(). Takes
// as long as the disk does. Throws std::system_error; std::runtime_error: a clip is not what was stored.
struct commit_job {
    const plan_folder& place;
    const batch_plan& plan;
    std::uint32_t shard = 0;
    std::vector<shard_clip> clips{};
    std::string attempt{};
    std::filesystem::path unfinished{};  // the folder in which it is written
    std::string trim_format{};           // of the clips' names
};
commit_end commit(commit_job);

}  // namespace reelpipe

#endif
