#ifndef REELPIPE_STAGES_FETCH_SPARSE_FILE_HPP
#define REELPIPE_STAGES_FETCH_SPARSE_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "media/partial_file.hpp"
#include "stages/fetch/disk_budget.hpp"

namespace reelpipe::fetch {

// A file of which some ranges are here and the rest are holes that take no space. It has no name, so nothing of it is
// left however the process ends. Shared by the clips of one video: the last owner closes it.
// Threads: written and asked on one thread. A view may be read anywhere: bytes that are held are never written again.
class sparse_file {
public:
    // An unnamed file in `folder`, which must exist; what it holds counts in the share. Throws std::system_error, as
    // everything here does.
    static std::shared_ptr<sparse_file> in(const std::filesystem::path& folder, std::shared_ptr<disk_share> = {});

    // A file that is there, read where it lies; all of it is held. It is the user's, or it counts in the share.
    static std::shared_ptr<sparse_file> of(const std::filesystem::path& path, std::shared_ptr<disk_share> = {});

    sparse_file(const sparse_file&) = delete;
    sparse_file& operator=(const sparse_file&) = delete;
    ~sparse_file();

    // The size of the whole file, known once its server has told it; until then, the end of what is held.
    void resize(std::uint64_t size);
    std::uint64_t size() const { return size_; }

    // Only the parts that are not held yet reach the disk. A full disk is ENOSPC.
    void write(std::uint64_t offset, std::span<const std::byte> bytes);

    const media::range_set& held() const { return held_; }
    media::partial_file view() const { return {descriptor_, size_, held_}; }

private:
    explicit sparse_file(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
    std::shared_ptr<disk_share> share_;
    std::uint64_t size_ = 0;
    media::range_set held_;
};

}  // namespace reelpipe::fetch

#endif
