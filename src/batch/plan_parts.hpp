#ifndef REELPIPE_BATCH_PLAN_PARTS_HPP
#define REELPIPE_BATCH_PLAN_PARTS_HPP

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "batch/plan_folder.hpp"
#include "batch/shard_manifest.hpp"

namespace reelpipe {

// A plan and where it lies.
struct plan_part {
    plan_folder place;
    batch_plan plan{};
};

// The plan of a root, and then its repairs in their order: what a later one says of a clip counts. Throws usage_error.
std::vector<plan_part> parts_of(const std::filesystem::path& root);

// Shards without a manifest.
std::vector<std::uint32_t> missing_shards(const plan_part&);

// Reads the manifest of a shard to its end, calling the function with its head and each of its clips. Throws
// usage_error where that cannot be done.
shard_head visit_manifest(const plan_part&, std::uint32_t shard,
                          const std::function<void(const shard_head&, shard_clip)>&);

}  // namespace reelpipe

#endif
