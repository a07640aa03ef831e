#include "stages/resolve/folder.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include "stages/resolve/video_file_name.hpp"

namespace reelpipe::resolve {

namespace {

// An id so long is looked for inside of names, to say what is there.
constexpr std::size_t min_inner_id = 11;

}  // namespace

folder::folder(const std::filesystem::path& path) : path_(path)
{
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        const std::string name = entry.path().filename().string();
        std::error_code unreadable;
        if (name.rfind('.') == name.npos || name.rfind('.') == 0 || !entry.is_regular_file(unreadable)) continue;
        for (const std::string_view id : ids_of(stem_of(name)))
            (is_of_video(name) ? videos_ : others_).push_back({std::string(id), name, id == stem_of(name)});
    }
    if (std::filesystem::is_empty(path))  // it would make each video of a list look gone
        throw std::invalid_argument(path.string() + " is empty; is the disk mounted that holds the videos?");
    std::ranges::sort(videos_, {}, [](const named_file& f) { return std::tie(f.id, f.name); });
    std::ranges::sort(others_, {}, [](const named_file& f) { return std::tie(f.id, f.name); });
}

// Those that are called by the id alone, else the others.
std::vector<std::string_view> folder::files_of(std::string_view video) const
{
    const auto found = std::ranges::equal_range(videos_, video, {}, &named_file::id);
    const bool any_plain = std::ranges::any_of(found, &named_file::is_plain);
    std::vector<std::string_view> names;
    for (const named_file& each : found)
        if (each.is_plain || !any_plain) names.push_back(each.name);
    return names;
}

std::string folder::what_there_is(std::string_view video) const
{
    if (video.size() < min_inner_id) return {};
    for (const auto* files : {&videos_, &others_})
        for (const named_file& each : *files)
            if (each.name.find(video) != each.name.npos)
                return "; " + each.name + " has the id inside of its name: should that be the video, call it " +
                       std::string(video) + each.name.substr(each.name.rfind('.'));
    return {};
}

media_source folder::find(std::string_view video) const
{
    const std::vector<std::string_view> names = files_of(video);
    if (names.size() > 1)
        throw source_error(reason::unknown, "video " + std::string(video) + " may be " + std::string(names[0]) +
                                                " or " + std::string(names[1]) + " in " + path_.string());
    if (names.empty()) {
        const auto other = std::ranges::lower_bound(others_, video, {}, &named_file::id);
        if (other != others_.end() && other->id == video)
            throw source_error(reason::not_media, other->name + " in " + path_.string() +
                                                      " does not have the ending of a video file: " + known_endings());
        throw source_error(reason::gone,
                           "no file for video " + std::string(video) + " in " + path_.string() + what_there_is(video));
    }
    media_source source;
    source.files.emplace_back(local_file{path_ / names.front()});
    return source;
}

asio::awaitable<resolved_video> folder::resolve(std::string video)
{
    resolved_video found;
    found.source = find(video);
    co_return found;
}

}  // namespace reelpipe::resolve
