#include "stages/resolve/url_template.hpp"

#include <stdexcept>
#include <utility>

#include "stages/resolve/percent_encoding.hpp"
#include "stages/resolve/resolve_error.hpp"

namespace reelpipe::resolve {

namespace {

constexpr std::string_view placeholder = "{id}";

}  // namespace

url_template::url_template(std::string pattern, std::string proxy)
    : pattern_(std::move(pattern)), proxy_(std::move(proxy))
{
    const bool is_web = pattern_.starts_with("http://") || pattern_.starts_with("https://");
    const std::size_t host = pattern_.find("://") + 3;
    const std::size_t path = pattern_.find_first_of("/?", host);
    // In front of the path an id would choose the host.
    if (!is_web || path == host || path == std::string::npos || pattern_.find(placeholder) < path ||
        pattern_.find(placeholder) == std::string::npos)
        throw std::invalid_argument("'" + pattern_ + "' is no template like http://host/folder/{id}.mp4");
}

media_source url_template::find(std::string_view video) const
{
    // The two names that no encoding protects: hosts and clients take them for folders.
    if (video.empty() || video == "." || video == "..")
        throw resolve_error(reason::bad_input, "'" + std::string(video) + "' is no video id");
    const std::string id = percent_encoded(video);
    std::string url = pattern_;
    for (std::size_t at = 0; (at = url.find(placeholder, at)) != std::string::npos; at += id.size())
        url.replace(at, placeholder.size(), id);
    remote_file file;
    file.url = std::move(url);
    file.proxy = proxy_;
    media_source source;
    if (pattern_.substr(0, pattern_.find_first_of("?#")).ends_with(".m3u8"))
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
