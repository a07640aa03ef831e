#ifndef REELPIPE_FOLDER_EXPORT_SHARDS_HPP
#define REELPIPE_FOLDER_EXPORT_SHARDS_HPP

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "folder/export/tar_writer.hpp"
#include "reelpipe/clip_rows.hpp"
#include "reelpipe/export.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

// Packs clips into tar files `<split>-000000.tar`, …, for each clip `<key>.mp4`, `<key>.json`, which says what
// it is, and `<key><ending>` for each file that lies beside it. A shard gets its name when it is full, whole and
// synced. Shards that are there stay, and their clips are not packed again.
class shards {
public:
    // `temporary` is a folder on the file system of the output.
    shards(const export_options&, std::filesystem::path temporary, store::way_to_name);
    shards(const shards&) = delete;
    shards& operator=(const shards&) = delete;
    ~shards();

    // True if a shard of the output has the clip. Throws usage_error: a file under a shard's name is none.
    bool has(const clip_row&, const std::string& split);

    // Throws std::system_error. `clip` is open for reading. `beside`: the contents of the files beside it, by ending.
    void add(const clip_row&, const std::string& split, std::optional<std::size_t> label_index, int clip,
             const std::map<std::string, std::string>& beside);

    // Gives shards their names that are not full.
    void finish();

    std::uint64_t count() const { return count_; }  // of those that were made

private:
    using clip_hash = std::array<std::uint64_t, 2>;
    struct open_shard;
    struct split_shards;

    split_shards& of(const std::string& split);
    void read_names(const std::string& prefix, split_shards&) const;
    void read_clips(const std::filesystem::path& shard, std::vector<clip_hash>&) const;
    void place(const std::string& prefix, split_shards&);
    static clip_hash hash_of(const std::string& id, const std::string& label);

    const export_options& options_;
    const std::filesystem::path temporary_;
    const store::way_to_name way_;
    std::map<std::string, split_shards> by_prefix_;  // of the shards' names
    std::uint64_t count_ = 0;
};

}  // namespace reelpipe

#endif
