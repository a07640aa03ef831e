#include "folder/manifest/clip_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "folder/manifest/manifest_line.hpp"
#include "folder/started_workers.hpp"
#include "isolation/usable_cores.hpp"
#include "media/clip_hashes.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t clips_of_a_page = 256;
constexpr std::size_t max_line = 1u << 20;
constexpr std::chrono::seconds max_hashing{600};  // of one clip

manifest_clip clip_of(const clip_row& row)
{
    manifest_clip c{.clip = row.clip, .failed = row.failed};
    if (row.failed) return c;
    c.bytes = row.bytes;
    c.frames = row.frames;
    c.duration_s = row.duration_s;
    c.streams = fmt::format("{} {}x{}{}", row.codec, row.width, row.height, row.audio ? ", audio" : "");
    return c;
}

}  // namespace

bool is_before(const clip_request& a, const clip_request& b)
{
    return std::tie(a.video, a.wanted, a.label) < std::tie(b.video, b.wanted, b.label);
}

folder_stream::folder_stream(const manifest_options& options, bool hashes)
    : folder_(options.folder),
      hashes_(hashes),
      jobs_(options.jobs != 0 ? options.jobs : usable_cores()),
      rows_(options.folder),
      workers_(hashes ? started_workers(options.worker, max_hashing) : nullptr)
{
}

std::optional<manifest_clip> folder_stream::next()
{
    if (waiting_.empty()) read_some();
    if (waiting_.empty()) return std::nullopt;
    manifest_clip first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
}

void folder_stream::read_some()
{
    std::vector<clip_row> rows;
    while (rows.size() < clips_of_a_page) {
        std::optional<clip_row> row = rows_.next();
        if (!row) break;
        waiting_.push_back(clip_of(*row));
        rows.push_back(std::move(*row));
    }
    if (!hashes_) return;
    std::atomic<std::size_t> begun{0};
    std::vector<std::jthread> threads;
    const auto work = [&] {
        for (std::size_t i = begun++; i < rows.size(); i = begun++)
            if (!rows[i].failed) read(rows[i], waiting_[i]);
    };
    for (std::size_t i = 0; i < std::min(jobs_, rows.size()); ++i) threads.emplace_back(work);
}

// Whatever keeps a clip from being read is said of this clip, and costs no other.
void folder_stream::read(clip_row& row, manifest_clip& c) const
try {
    const std::filesystem::path file = folder_ / row.file;
    const media::clip_hashes hashes =
        workers_ ? workers_->hash_file(file, {}) : media::hash_clip(verify::clip_file(file).descriptor());
    c.packets = hashes.packets;
    c.file_hash = hashes.file;
    c.video_hash = hashes.video;
} catch (const std::exception& e) {
    c.unreadable = e.what();
}

manifest_stream::manifest_stream(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary)
{
    if (!file_) refuse("it cannot be read");
    try {
        check_manifest_head(line());
    } catch (const bad_manifest_line& e) {
        refuse(e.what());
    }
}

std::optional<manifest_clip> manifest_stream::next()
{
    if (has_ended_) return std::nullopt;
    const std::string text = line();
    try {
        has_ended_ = is_manifest_end(text);
        if (has_ended_) return std::nullopt;
        manifest_clip c = clip_in_manifest(text);
        if (last_ && !is_before(*last_, c.clip)) refuse("its clips are not in their order");
        last_ = c.clip;
        return c;
    } catch (const bad_manifest_line& e) {
        refuse(e.what());
    }
}

std::string manifest_stream::line()
{
    std::string text;
    ++number_;
    for (char c = 0; file_.get(c) && c != '\n';) {
        text += c;
        if (text.size() > max_line) refuse("a line is too long");
    }
    if (!file_) refuse("it breaks off before its last line");
    return text;
}

void manifest_stream::refuse(const std::string& why) const
{
    throw usage_error(fmt::format("manifest {}, line {}: {}", path_.string(), std::max<std::size_t>(number_, 1), why));
}

}  // namespace reelpipe
