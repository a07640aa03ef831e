#include "folder/manifest/clip_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "folder/manifest/manifest_line.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t max_line = 1u << 20;

}  // namespace

manifest_clip manifest_clip_of(clip_row row)
{
    manifest_clip c{.clip = std::move(row.clip), .failed = row.failed};
    if (row.failed) return c;
    c.bytes = row.bytes;
    c.frames = row.frames;
    c.duration_s = row.duration_s;
    c.streams = fmt::format("{} {}x{}{}", row.codec, row.width, row.height, row.audio ? ", audio" : "");
    c.packets = static_cast<std::uint64_t>(row.packets);
    c.file_hash = std::move(row.file_hash);
    c.video_hash = std::move(row.video_hash);
    c.unreadable = std::move(row.unreadable);
    return c;
}

bool is_before(const clip_request& a, const clip_request& b)
{
    return std::tie(a.video, a.wanted, a.label) < std::tie(b.video, b.wanted, b.label);
}

folder_stream::folder_stream(const manifest_options& options, bool hashes)
    : rows_(options.folder,
            hashes ? std::optional(clip_hashing{.jobs = options.jobs, .worker = options.worker}) : std::nullopt)
{
}

std::optional<manifest_clip> folder_stream::next()
{
    std::optional<clip_row> row = rows_.next();
    if (!row) return std::nullopt;
    return manifest_clip_of(std::move(*row));
}

manifest_stream::manifest_stream(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary)
{
    if (!file_) throw usage_error(fmt::format("manifest {}: {}", path_.string(), std::strerror(errno)));
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
