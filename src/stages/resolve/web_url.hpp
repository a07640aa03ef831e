#ifndef REELPIPE_STAGES_RESOLVE_WEB_URL_HPP
#define REELPIPE_STAGES_RESOLVE_WEB_URL_HPP

#include <algorithm>
#include <string_view>

namespace reelpipe::resolve {

// Line ends in a header or URL would be further headers.
inline bool is_one_line(std::string_view text)
{
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// http or https, with something like a host behind it.
inline bool is_web_url(std::string_view text)
{
    for (const std::string_view scheme : {"http://", "https://"})
        if (text.starts_with(scheme))
            return is_one_line(text) && text.find_first_not_of("/?#@:", scheme.size()) == scheme.size();
    return false;
}

// True if the path ends like that of an HLS playlist.
inline bool names_playlist(std::string_view url) { return url.substr(0, url.find_first_of("?#")).ends_with(".m3u8"); }

// True for the URL of a media file rather than of a page, as far as its path tells.
inline bool names_media(std::string_view url)
{
    if (!is_web_url(url)) return false;
    const std::string_view path = url.substr(0, url.find_first_of("?#"));
    for (const std::string_view ending : {".mp4", ".m4v", ".webm", ".mkv", ".mov", ".ts", ".m3u8"})
        if (path.ends_with(ending)) return true;
    return false;
}

}  // namespace reelpipe::resolve

#endif
