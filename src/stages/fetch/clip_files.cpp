#include "stages/fetch/clip_files.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>

#include "reelpipe/video_source.hpp"
#include "stages/fetch/errors.hpp"

namespace reelpipe::fetch {

namespace {

const local_clips::file* file_for(const local_clips& clips, const segment& wanted)
{
    const local_clips::file* best = nullptr;
    for (const local_clips::file& each : clips.files) {
        if (each.holds.start > wanted.start || each.holds.end < wanted.end) continue;
        if (!best || each.holds.end - each.holds.start < best->holds.end - best->holds.start) best = &each;
    }
    return best;
}

fetched::clip clip_in(const local_clips::file& file, const segment& wanted, const sparse_file& bytes)
{
    if (bytes.size() == 0) throw not_media_error(file.path.string() + ": an empty file", "");
    fetched::clip found{.begins = file.holds.start};
    found.files.push_back(bytes.view());
    found.is_made = file.holds == wanted && file.path.extension() == ".mp4";
    return found;
}

}  // namespace

fetched clips_on_disk(const local_clips& clips, const std::vector<segment>& wanted,
                      const std::shared_ptr<sparse_file>& held)
{
    fetched all;
    std::map<std::filesystem::path, std::shared_ptr<const sparse_file>> open;
    for (const segment& each : wanted) {
        try {
            const local_clips::file* const file = file_for(clips, each);
            if (!file)
                throw source_error(reason::gone, fmt::format("no clip of the video holds {} s to {} s",
                                                             in_seconds(each.start), in_seconds(each.end)));
            std::shared_ptr<const sparse_file>& bytes = open[file->path];
            if (!bytes) bytes = held ? held : sparse_file::of(file->path);
            all.clips.push_back(clip_in(*file, each, *bytes));
        } catch (const std::exception&) {
            all.clips.push_back({.error = std::current_exception()});
        }
    }
    for (auto& [path, bytes] : open) {
        if (!bytes) continue;
        all.size += bytes->size();
        all.held_bytes += bytes->size();
        all.files.push_back(std::move(bytes));
    }
    return all;
}

}  // namespace reelpipe::fetch
