#include "scaling/finished_root.hpp"

#include <cstdint>
#include <fstream>
#include <utility>
#include <vector>

#include "batch/fresh_name.hpp"
#include "batch/plan_folder.hpp"
#include "batch/shard_manifest.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

shard_clip end_of(clip_request clip, std::uint64_t number)
{
    shard_clip made;
    made.outcome = {.clip = std::move(clip), .attempts = 1};
    if (number % 3 == 0) {
        made.outcome.how = clip_outcome::status::failed;
        made.outcome.why = reason::removed;
        made.outcome.message = "ERROR: [youtube] Video unavailable. This video has been removed by the uploader";
        return made;
    }
    made.modified_ns = 1'700'000'000'000'000'000;
    made.outcome.bytes = 860'000;
    made.outcome.frames = 300;
    made.outcome.duration_s = 10.01;
    made.outcome.streams = "h264 640x360, audio";
    made.outcome.fetched = 860'000;
    made.outcome.resolve_s = 0.8;
    made.outcome.fetch_s = 0.5;
    return made;
}

}  // namespace

void plan_batch(const fs::path& list, const fs::path& root)
{
    fs::remove_all(root);
    test::output_of({REELPIPE_BINARY, "batch", "plan", list.string(), "-o", root.string(), "--source",
                     "http://127.0.0.1:9/{id}.mp4"});
}

void write_manifests(const fs::path& root)
{
    const plan_folder place({.root = root});
    const batch_plan plan = place.read();
    std::uint64_t number = 0;
    for (std::uint32_t shard = 0; shard < plan.shards; ++shard) {
        std::vector<shard_clip> clips;
        for (clip_request& each : place.rows(plan, shard)) clips.push_back(end_of(std::move(each), number++));
        const shard_head head{.plan = plan.id,
                              .shard = shard,
                              .attempt = fresh_name(),
                              .host = "node17",
                              .finished = 1'700'000'000 + shard};
        std::ofstream(place.manifest(shard)) << shard_manifest_text(head, clips);
    }
}

}  // namespace reelpipe::bench
