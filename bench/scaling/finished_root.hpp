#ifndef REELPIPE_BENCH_FINISHED_ROOT_HPP
#define REELPIPE_BENCH_FINISHED_ROOT_HPP

#include <filesystem>

namespace reelpipe::bench {

// Plans a list with `reelpipe batch plan`, into a folder that it replaces.
void plan_batch(const std::filesystem::path& list, const std::filesystem::path& root);

// Gives each shard of the plan a manifest, as tasks leave them: a third of the clips failed for good. There are no
// clips.
void write_manifests(const std::filesystem::path& root);

}  // namespace reelpipe::bench

#endif
