#ifndef REELPIPE_FOLDER_CLIP_HASHER_HPP
#define REELPIPE_FOLDER_CLIP_HASHER_HPP

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "isolation/clip_workers.hpp"
#include "reelpipe/clip_rows.hpp"

namespace reelpipe {

// Reads stored clips for their hashes, several at once.
class clip_hasher {
public:
    // Throws usage_error: no worker can be started.
    clip_hasher(std::filesystem::path folder, const clip_hashing&);

    // Fills in what the clips' files say. Whatever keeps a clip from being read is said of this clip, and costs no
    // other.
    void read(std::span<clip_row>) const;

private:
    void read_one(clip_row&) const;

    const std::filesystem::path folder_;
    const std::size_t jobs_;
    const std::unique_ptr<clip_workers> workers_;
};

}  // namespace reelpipe

#endif
