#include "stages/fetch/url.hpp"

#include <curl/curl.h>

#include <memory>
#include <new>
#include <string_view>

namespace reelpipe::fetch {

namespace {

std::string_view authority(std::string_view url)
{
    if (const auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto user = url.rfind('@'); user != url.npos) url.remove_prefix(user + 1);
    return url;
}

struct free_url {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

struct free_text {
    void operator()(char* text) const { curl_free(text); }
};

std::optional<std::string> part_of(CURLU* url, CURLUPart part)
{
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, free_text> owner(text);
    return std::string(text);
}

}  // namespace

std::string display_name(const std::string& url)
{
    const std::string_view host = authority(url);
    const auto path = url.find('/', static_cast<std::size_t>(host.data() - url.data()));
    if (path == url.npos) return std::string(host);
    return std::string(host) + url.substr(path, url.find_first_of("?#", path) - path);
}

std::string host_of(const std::string& url) { return std::string(authority(url)); }

std::optional<std::string> resolve_reference(const std::string& document_url, const std::string& reference)
{
    const std::unique_ptr<CURLU, free_url> url(curl_url());
    if (!url) throw std::bad_alloc();
    constexpr unsigned as_written = CURLU_URLENCODE | CURLU_ALLOW_SPACE;  // playlists name files with spaces in them
    if (curl_url_set(url.get(), CURLUPART_URL, document_url.c_str(), 0) != CURLUE_OK) return std::nullopt;
    if (curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), as_written) != CURLUE_OK) return std::nullopt;
    if (const auto scheme = part_of(url.get(), CURLUPART_SCHEME); scheme != "http" && scheme != "https")
        return std::nullopt;
    curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
    return part_of(url.get(), CURLUPART_URL);
}

}  // namespace reelpipe::fetch
