#ifndef REELPIPE_BATCH_SHARD_MANIFEST_HPP
#define REELPIPE_BATCH_SHARD_MANIFEST_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "batch/plan_folder.hpp"
#include "media/content_hash.hpp"
#include "reelpipe/clip_outcome.hpp"

namespace simdjson::dom {
class parser;
}

namespace reelpipe {

// It cannot be read, or does not speak of the shard of this plan; the text says why.
struct bad_shard_manifest : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The end of one clip of a shard.
struct shard_clip {
    clip_outcome outcome{};
    std::int64_t modified_ns = 0;  // of the stored file, since 1970
    std::string sha256{};          // of its bytes, hexadecimal; empty: the plan does not ask for it
};

// What a manifest says of its shard in the first line, so that a status reads no more.
struct shard_head {
    std::string plan{};
    std::uint32_t shard = 0;
    std::string attempt{}, host{};
    std::int64_t finished = 0;  // seconds since 1970
    std::uint64_t clips = 0, stored = 0, failed = 0;
    std::uint64_t transient = 0;  // of the failed ones: these may pass
    std::uint64_t bytes = 0;      // of stored clips
    std::map<reason, std::uint64_t> failures{};
};

// True for failures that a later run would ask for again without being told to.
bool is_transient(const clip_outcome&);

// The text of a manifest: JSON objects, one a line: the head, each clip in the order of the plan's rows, and a last one
// with the SHA-256 of all before it. `head` gets its counts from the clips.
std::string shard_manifest_text(shard_head head, const std::vector<shard_clip>&);

// Throws bad_shard_manifest.
shard_head read_shard_head(const std::filesystem::path&, const batch_plan&, std::uint32_t shard);

// The lines of a manifest, of bounded length. Throws bad_shard_manifest, also where there is no further line.
class manifest_lines {
public:
    explicit manifest_lines(const std::filesystem::path&);

    // With its end; until the next call.
    std::string_view next();

private:
    std::ifstream file_;
    std::string text_{};
    std::size_t taken_ = 0;  // of it, by the lines until now
};

// Reads a manifest clip by clip. Others can write it: it is taken only if it speaks of exactly the rows of the shard.
class shard_manifest_reader {
public:
    // Throws bad_shard_manifest, damaged_shard.
    shard_manifest_reader(const plan_folder&, const batch_plan&, std::uint32_t shard);

    shard_manifest_reader(const shard_manifest_reader&) = delete;
    shard_manifest_reader& operator=(const shard_manifest_reader&) = delete;
    ~shard_manifest_reader();

    const shard_head& head() const { return head_; }

    // Nothing at the end, where all was checked. Throws bad_shard_manifest.
    std::optional<shard_clip> next();

private:
    const shard_entry rows_;
    manifest_lines lines_;
    const std::unique_ptr<simdjson::dom::parser> parser_;
    shard_head head_;
    media::sha256 text_, seen_rows_;
    std::string row_{};
    std::uint64_t clips_ = 0;
};

}  // namespace reelpipe

#endif
