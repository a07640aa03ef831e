#ifndef REELPIPE_BATCH_MADE_PLAN_HPP
#define REELPIPE_BATCH_MADE_PLAN_HPP

#include <filesystem>
#include <functional>
#include <string>

#include "batch/plan_folder.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe {

// A plan under way: its files lie in a folder of their own in the root until it is whole, and go with this.
class made_plan {
public:
    // Calls `visit` with a function that takes the plan's clips, by videos. Completes `plan`, which has its counts, by
    // its id. Throws usage_error, std::system_error.
    using clip_visitor = std::function<void(const std::function<void(const clip_request&)>&)>;
    made_plan(const plan_folder&, batch_plan& plan, const clip_visitor& visit);
    made_plan(const made_plan&) = delete;
    made_plan& operator=(const made_plan&) = delete;
    ~made_plan();

    // Gives it the name of a plan at once. False: there is one.
    bool place(const std::string& options_file);

private:
    const plan_folder& place_;
    const batch_plan& plan_;
    std::filesystem::path unfinished_;
};

// Writes plan.json and options.toml, each at once. Throws std::system_error.
void write_plan_texts(const std::filesystem::path& folder, const batch_plan&, const std::string& options_file);

// Sets how the clips of a plan are divided. The plan has its clips and videos.
void divide(batch_plan&, std::uint64_t shard_clips, std::uint64_t task_clips);

}  // namespace reelpipe

#endif
