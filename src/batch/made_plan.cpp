#include "batch/made_plan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "batch/fresh_name.hpp"
#include "batch/plan_writer.hpp"
#include "folder/atomic_file.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

made_plan::made_plan(const plan_folder& place, batch_plan& plan, const clip_visitor& visit)
    : place_(place), plan_(plan), unfinished_(place.attempts() / fresh_name())
{
    fs::create_directories(unfinished_ / "manifests");
    plan_writer writer(unfinished_, plan.shards, plan.clips);
    visit([&writer](const clip_request& clip) { writer.add(clip); });
    plan.id = plan_id(plan, writer.finish());
}

made_plan::~made_plan()
{
    std::error_code ignored;
    fs::remove_all(unfinished_, ignored);
    fs::remove(place_.attempts(), ignored);  // of others, it is not empty
}

bool made_plan::place(const std::string& options_file)
{
    write_plan_texts(unfinished_, plan_, options_file);
    store::make_names_durable(unfinished_);
    if (std::rename(unfinished_.c_str(), place_.path().c_str()) == 0) return true;
    if (errno == EEXIST || errno == ENOTEMPTY) return false;
    throw std::system_error(errno, std::generic_category(), "make " + place_.path().string());
}

void write_plan_texts(const fs::path& folder, const batch_plan& plan, const std::string& options_file)
{
    atomic_file options(folder / "options.toml");
    options.hide();  // headers and proxies may hold passwords
    options.write(options_file);
    options.end();
    atomic_file file(folder / "plan.json");
    file.write(plan_text(plan));
    file.end();
}

void divide(batch_plan& plan, std::uint64_t shard_clips, std::uint64_t task_clips)
{
    plan.shard_clips = shard_clips;
    const std::uint64_t shards = (plan.clips + shard_clips - 1) / shard_clips;
    plan.shards =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(shards, 1, std::max<std::uint64_t>(plan.videos, 1)));
    plan.shards_per_task = static_cast<std::uint32_t>(std::max<std::uint64_t>(task_clips / shard_clips, 1));
}

}  // namespace reelpipe
