#include "batch/plan_parts.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace reelpipe {

namespace fs = std::filesystem;

std::vector<plan_part> parts_of(const fs::path& root)
{
    std::vector<plan_part> parts;
    for (unsigned number = 0;; ++number) {
        plan_folder place({.root = root, .repair = number});
        if (number > 0 && !fs::exists(place.plan_file())) return parts;
        batch_plan plan = place.read();
        if (number > 0 && plan.parent != parts.back().plan.id)
            throw usage_error(fmt::format("{}: it repairs another plan", place.plan_file().string()));
        parts.push_back({std::move(place), std::move(plan)});
    }
}

std::vector<std::uint32_t> missing_shards(const plan_part& part)
{
    std::vector<std::uint32_t> missing;
    for (std::uint32_t shard = 0; shard < part.plan.shards; ++shard)
        if (!fs::exists(part.place.manifest(shard))) missing.push_back(shard);
    return missing;
}

shard_head visit_manifest(const plan_part& part, std::uint32_t shard,
                          const std::function<void(const shard_head&, shard_clip)>& visit)
try {
    shard_manifest_reader clips(part.place, part.plan, shard);
    while (std::optional<shard_clip> clip = clips.next()) visit(clips.head(), std::move(*clip));
    return clips.head();
} catch (const bad_shard_manifest& e) {
    throw usage_error(fmt::format("manifest {}: {}; move it away, and `reelpipe batch missing` names its shard",
                                  part.place.manifest(shard).string(), e.what()));
}

}  // namespace reelpipe
