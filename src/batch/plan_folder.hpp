#ifndef REELPIPE_BATCH_PLAN_FOLDER_HPP
#define REELPIPE_BATCH_PLAN_FOLDER_HPP

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "reelpipe/batch.hpp"

namespace reelpipe {

// The rows of a shard, or what says where they are, are not what the plan was made with.
struct damaged_shard : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Where the rows of a shard are, and what they must be.
struct shard_entry {
    std::uint64_t offset = 0, bytes = 0;
    std::uint64_t clips = 0, videos = 0;
    std::string digest{};  // SHA-256 of the rows, hexadecimal
};

// The line of a shard in the index; all have one length.
std::string index_line(const shard_entry&);
inline constexpr std::size_t index_line_bytes = 116;

// So many bytes of rows a shard has at most.
inline constexpr std::uint64_t max_shard_bytes = 256ull << 20;

// The plan as it stands in plan.json, and back. The second throws usage_error.
std::string plan_text(const batch_plan&);
batch_plan plan_from(std::string_view text);

// The id of a plan: of all that says which clips there are to be, and in which shards.
std::string plan_id(const batch_plan&, std::string_view index_digest);

// The folder of a plan in its root, by its layout: ROOT/plan, and of a repair ROOT/plan/repair-N.
//
//     plan.json     what the plan says
//     rows          a line for each clip, shard after shard
//     index         a line for each shard, which says where its rows are
//     options.toml  the options that were given, for who runs it
//     manifests/    NNNNNN.jsonl for each finished shard
//
// Others can write there: what is read is bounded and checked, and no path is taken from it.
class plan_folder {
public:
    explicit plan_folder(const batch_place&);

    const std::filesystem::path& output() const { return output_; }
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path plan_file() const { return path_ / "plan.json"; }
    std::filesystem::path rows_file() const { return path_ / "rows"; }
    std::filesystem::path index_file() const { return path_ / "index"; }
    std::filesystem::path options_file() const { return path_ / "options.toml"; }
    std::filesystem::path manifests() const { return path_ / "manifests"; }
    std::filesystem::path manifest(std::uint32_t shard) const;
    std::filesystem::path attempts() const { return output_ / ".tmp"; }  // a folder for each task that is at work

    // Throws usage_error: no plan, or one that this version cannot read.
    batch_plan read() const;

    // Throw damaged_shard. The rows are in the order of (video, start, end, label).
    shard_entry entry(std::uint32_t shard) const;
    std::vector<clip_request> rows(const batch_plan&, std::uint32_t shard) const;

private:
    std::filesystem::path output_, path_;
};

// The shard of a video.
std::uint32_t shard_of_video(std::string_view video, std::uint32_t shards);

// False for what only a person can mend, such as missing rights. Trouble of a full disk or of a server may pass.
bool may_pass(const std::error_code&);

// A file that is to be read whole, of at most so many bytes. Throws std::system_error: it cannot be read or is larger.
std::string small_file(const std::filesystem::path&, std::size_t most);

}  // namespace reelpipe

#endif
