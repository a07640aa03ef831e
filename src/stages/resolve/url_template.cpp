#include "stages/resolve/url_template.hpp"

#include <stdexcept>
#include <utility>

#include "stages/resolve/percent_encoding.hpp"
#include "stages/resolve/web_url.hpp"

namespace reelpipe::resolve {

namespace {

constexpr std::string_view placeholder = "{id}";

// In front of the path an id would choose the host.
bool has_id_behind_host(std::string_view pattern)
{
    if (!is_web_url(pattern)) return false;
    const std::size_t path = pattern.find_first_of("/?", pattern.find("://") + 3);
    const std::size_t id = pattern.find(placeholder);
    return path != std::string_view::npos && id != std::string_view::npos && id > path;
}

}  // namespace

url_template::url_template(std::string pattern, std::string proxy)
    : pattern_(std::move(pattern)), proxy_(std::move(proxy))
{
    if (!takes_urls(pattern_) && !has_id_behind_host(pattern_))
        throw std::invalid_argument("'" + pattern_ + "' is not a URL template such as http://host/folder/{id}.mp4");
}

std::string url_template::url_of(std::string_view video) const
{
    if (takes_urls(pattern_)) {
        if (!is_web_url(video))
            throw source_error(reason::bad_input, "'" + std::string(video) + "' is not an http(s) URL");
        return std::string(video) + pattern_.substr(placeholder.size());
    }
    // The two names that no encoding protects: hosts and clients take them for folders.
    if (video.empty() || video == "." || video == "..")
        throw source_error(reason::bad_input, "'" + std::string(video) + "' is not a video id");
    const std::string id = percent_encoded(video);
    std::string url = pattern_;
    for (std::size_t at = 0; (at = url.find(placeholder, at)) != std::string::npos; at += id.size())
        url.replace(at, placeholder.size(), id);
    return url;
}

media_source url_template::find(std::string_view video) const
{
    remote_file file;
    file.url = url_of(video);
    file.proxy = proxy_;
    media_source source;
    if (names_playlist(file.url))
        source.files.emplace_back(hls_playlist{std::move(file)});
    else
        source.files.emplace_back(std::move(file));
    return source;
}

asio::awaitable<resolved_video> url_template::resolve(std::string video)
{
    resolved_video found;
    found.source = find(video);
    co_return found;
}

}  // namespace reelpipe::resolve
