#include "folder/clip_hasher.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "folder/started_workers.hpp"
#include "isolation/usable_cores.hpp"
#include "media/clip_hashes.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace {

constexpr std::chrono::seconds max_hashing{600};  // of one clip

}  // namespace

clip_hasher::clip_hasher(std::filesystem::path folder, const clip_hashing& how)
    : folder_(std::move(folder)),
      jobs_(how.jobs != 0 ? how.jobs : usable_cores()),
      workers_(started_workers(how.worker, max_hashing))
{
}

void clip_hasher::read(std::span<clip_row> rows) const
{
    std::atomic<std::size_t> begun{0};
    std::vector<std::jthread> threads;
    const auto work = [&] {
        for (std::size_t i = begun++; i < rows.size(); i = begun++)
            if (!rows[i].failed) read_one(rows[i]);
    };
    for (std::size_t i = 0; i < std::min(jobs_, rows.size()); ++i) threads.emplace_back(work);
}

void clip_hasher::read_one(clip_row& row) const
try {
    const std::filesystem::path file = folder_ / row.file;
    const media::clip_hashes hashes =
        workers_ ? workers_->hash_file(file, {}) : media::hash_clip(verify::clip_file(file).descriptor());
    row.packets = static_cast<std::int64_t>(hashes.packets);
    row.file_hash = hashes.file;
    row.video_hash = hashes.video;
} catch (const std::exception& e) {
    row.unreadable = e.what();
}

}  // namespace reelpipe
