#include "stages/resolve/clip_folder.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

#include "stages/resolve/video_file_name.hpp"

namespace reelpipe::resolve {

namespace fs = std::filesystem;

clip_folder::clip_folder(fs::path path) : path_(std::move(path))
{
    if (!fs::is_directory(path_)) throw std::invalid_argument(path_.string() + " is not a folder");
}

asio::awaitable<std::vector<message>> clip_folder::start()
try {
    clips_.clear();
    for (fs::recursive_directory_iterator at(path_), end; at != end; ++at) {
        const std::string name = at->path().filename().string();
        std::error_code unreadable;
        if (name.starts_with('.') && at->is_directory(unreadable)) at.disable_recursion_pending();
        const std::optional<named_clip> clip = clip_of(name);
        if (!clip || !at->is_regular_file(unreadable)) continue;
        clips_.push_back({std::string(clip->video), clip->holds, at->path().lexically_relative(path_).string()});
    }
    std::ranges::sort(clips_, {}, [](const clip_file& c) { return std::tie(c.video, c.holds, c.name); });
    if (clips_.empty())
        throw std::invalid_argument("clips:" + path_.string() +
                                    ": no file in it has the name of a clip, ID_START_END.mp4 with times in seconds");
    co_return std::vector<message>();
} catch (const fs::filesystem_error& e) {
    throw std::invalid_argument("clips:" + path_.string() + ": " + e.what());
}

media_source clip_folder::find(std::string_view video) const
{
    local_clips found;
    for (const clip_file& each : std::ranges::equal_range(clips_, video, {}, &clip_file::video))
        found.files.push_back({path_ / each.name, each.holds});
    if (found.files.empty())
        throw source_error(reason::gone, "no clip of video " + std::string(video) + " in " + path_.string());
    media_source source;
    source.files.emplace_back(std::move(found));
    return source;
}

asio::awaitable<resolved_video> clip_folder::resolve(std::string video)
{
    resolved_video found;
    found.source = find(video);
    co_return found;
}

}  // namespace reelpipe::resolve
