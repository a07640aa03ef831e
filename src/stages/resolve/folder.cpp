#include "stages/resolve/folder.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace reelpipe::resolve {

namespace {

constexpr std::size_t shortest_inner_id = 11;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_media_name(std::string_view name)
{
    constexpr std::array<std::string_view, 6> known{"mp4", "m4v", "webm", "mkv", "mov", "ts"};
    const std::size_t point = name.rfind('.');
    if (point == std::string_view::npos || point == 0) return false;
    std::string extension(name.substr(point + 1));
    for (char& c : extension)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::ranges::find(known, extension) != known.end();
}

std::string_view stem_of(std::string_view name) { return name.substr(0, name.rfind('.')); }

// "..._000010_000020": what crawlers call a clip of a video.
bool is_clip_name(std::string_view stem)
{
    constexpr std::string_view shape = "_dddddd_dddddd";
    if (stem.size() < shape.size()) return false;
    const std::string_view tail = stem.substr(stem.size() - shape.size());
    return std::ranges::equal(tail, shape, [](char c, char s) { return s == 'd' ? is_digit(c) : c == s; });
}

}  // namespace

folder::folder(const std::filesystem::path& path) : path_(path)
{
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        std::string name = entry.path().filename().string();
        std::error_code unreadable;
        if (is_media_name(name) && entry.is_regular_file(unreadable)) names_.push_back(std::move(name));
    }
    std::ranges::sort(names_);
}

media_source folder::find(std::string_view video) const
{
    std::vector<std::string_view> matches;
    // Names are sorted, so those that begin with "ID." stand together.
    const std::string prefix = std::string(video) + '.';
    for (auto name = std::ranges::lower_bound(names_, prefix); name != names_.end() && name->starts_with(prefix);
         ++name)
        if (stem_of(*name) == video) matches.push_back(*name);
    if (matches.empty() && video.size() >= shortest_inner_id)
        for (const std::string& name : names_)
            if (stem_of(name).find(video) != std::string_view::npos && !is_clip_name(stem_of(name)))
                matches.push_back(name);

    if (matches.empty())
        throw source_error(reason::gone, "no file for video " + std::string(video) + " in " + path_.string());
    if (matches.size() > 1)
        throw source_error(reason::unknown, "video " + std::string(video) + " may be " + std::string(matches[0]) +
                                                " or " + std::string(matches[1]) + " in " + path_.string());
    media_source source;
    source.files.emplace_back(local_file{path_ / matches[0]});
    return source;
}

asio::awaitable<resolved_video> folder::resolve(std::string video)
{
    resolved_video found;
    found.source = find(video);
    co_return found;
}

}  // namespace reelpipe::resolve
