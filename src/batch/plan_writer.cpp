#include "batch/plan_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <system_error>
#include <utility>

#include "batch/plan_row.hpp"
#include "media/content_hash.hpp"

namespace reelpipe {

namespace {

constexpr std::uint64_t clips_in_memory = 250'000;
constexpr std::uint64_t max_parts = 512;

}  // namespace

plan_writer::plan_writer(std::filesystem::path folder, std::uint32_t shards, std::uint64_t clips)
    : folder_(std::move(folder)), shards_(shards)
{
    const std::uint64_t parts = std::min({clips / clips_in_memory + 1, max_parts, std::uint64_t{shards}});
    for (std::uint64_t i = 0; i < parts; ++i) {
        const std::filesystem::path name = folder_ / fmt::format("part-{}", i);
        parts_.push_back(make(name, "w+xe"));
        std::filesystem::remove(name);
    }
}

plan_writer::file plan_writer::make(const std::filesystem::path& name, const char* mode) const
{
    file made(std::fopen(name.c_str(), mode));
    if (!made) throw std::system_error(errno, std::generic_category(), "write " + name.string());
    return made;
}

void plan_writer::put(std::FILE* to, const void* from, std::size_t bytes) const
{
    if (std::fwrite(from, 1, bytes, to) == bytes) return;
    throw std::system_error(errno, std::generic_category(), "write the plan in " + folder_.string());
}

void plan_writer::add(const clip_request& clip)
{
    const std::uint32_t shard = shard_of_video(clip.video, shards_);
    line_.clear();
    add_plan_row(line_, clip);
    const record head{
        .shard = shard, .bytes = static_cast<std::uint32_t>(line_.size()), .begins_video = clip.video != last_video_};
    if (head.begins_video) last_video_ = clip.video;
    std::FILE* const part = parts_[std::uint64_t{shard} * parts_.size() / shards_].get();
    put(part, &head, sizeof head);
    put(part, line_.data(), line_.size());
}

std::string plan_writer::finish()
{
    std::vector<shard_entry> entries(shards_);
    const file rows = make(folder_ / "rows", "wxe");
    for (file& part : parts_) {
        write_shards_of(part.get(), rows.get(), entries);
        part.reset();
    }
    const file index = make(folder_ / "index", "wxe");
    media::sha256 sum;
    for (shard_entry& each : entries) {
        if (each.digest.empty()) {  // no video has this hash
            each.offset = written_;
            each.digest = media::in_hexadecimal(media::sha256().end());
        }
        const std::string line = index_line(each);
        sum.add(line);
        put(index.get(), line.data(), line.size());
    }
    for (std::FILE* const each : {rows.get(), index.get()})
        if (std::fflush(each) != 0)
            throw std::system_error(errno, std::generic_category(), "write the plan in " + folder_.string());
    return media::in_hexadecimal(sum.end());
}

void plan_writer::write_shards_of(std::FILE* part, std::FILE* rows, std::vector<shard_entry>& entries)
{
    struct row {
        record head;
        std::size_t at;
    };
    std::vector<row> all;
    std::string text;
    std::rewind(part);
    for (record head; std::fread(&head, sizeof head, 1, part) == 1;) {
        all.push_back({head, text.size()});
        text.resize(text.size() + head.bytes);
        if (std::fread(text.data() + all.back().at, 1, head.bytes, part) != head.bytes) break;
    }
    if (!std::feof(part) || std::ferror(part) != 0)
        throw std::system_error(errno, std::generic_category(), "read the plan in " + folder_.string());
    std::ranges::sort(all, {}, [](const row& each) { return std::pair(each.head.shard, each.at); });
    for (std::size_t i = 0; i < all.size();) {
        shard_entry& entry = entries[all[i].head.shard];
        entry.offset = written_;
        media::sha256 sum;
        for (const std::uint32_t shard = all[i].head.shard; i < all.size() && all[i].head.shard == shard; ++i) {
            const std::string_view line = std::string_view(text).substr(all[i].at, all[i].head.bytes);
            sum.add(line);
            put(rows, line.data(), line.size());
            ++entry.clips;
            entry.bytes += line.size();
            entry.videos += all[i].head.begins_video;
        }
        entry.digest = media::in_hexadecimal(sum.end());
        written_ += entry.bytes;
        if (entry.bytes > max_shard_bytes)
            throw usage_error(fmt::format("a shard would have {} rows; a video has too many clips", entry.clips));
    }
}

}  // namespace reelpipe
