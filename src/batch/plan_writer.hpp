#ifndef REELPIPE_BATCH_PLAN_WRITER_HPP
#define REELPIPE_BATCH_PLAN_WRITER_HPP

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "batch/plan_folder.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe {

// Writes the rows of a plan by shards, and their index. Rows come in the order of videos, so they are sorted in two
// steps: into files of neighbouring shards, and then each of these in memory, which does not grow with the plan.
class plan_writer {
public:
    // The files go into `folder`, which is there and empty. Throws std::system_error, as all of it does.
    plan_writer(std::filesystem::path folder, std::uint32_t shards, std::uint64_t clips);

    // A clip; those of a video come together, in the order of times and labels.
    void add(const clip_request&);

    // Writes the files. Returns the SHA-256 of the index, in hexadecimal. Throws usage_error: a shard is too large.
    std::string finish();

private:
    struct close_file {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using file = std::unique_ptr<std::FILE, close_file>;
    struct record {
        std::uint32_t shard = 0, bytes = 0;
        bool begins_video = false;
    };

    file make(const std::filesystem::path&, const char* mode) const;
    void put(std::FILE*, const void* from, std::size_t bytes) const;
    void write_shards_of(std::FILE* part, std::FILE* rows, std::vector<shard_entry>& entries);

    std::filesystem::path folder_;
    std::uint32_t shards_;
    std::vector<file> parts_;
    std::string last_video_{}, line_{};
    std::uint64_t written_ = 0;
};

}  // namespace reelpipe

#endif
