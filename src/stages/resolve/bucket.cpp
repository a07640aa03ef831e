#include "stages/resolve/bucket.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "stages/resolve/percent_encoding.hpp"
#include "stages/resolve/web_url.hpp"

namespace reelpipe::resolve {

namespace {

constexpr std::string_view bucket_scheme = "s3://", id_mark = "{id}";

bool is_bucket_name(std::string_view name)
{
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return !name.empty() && name != "." && name != ".." && std::ranges::all_of(name, fits);
}

// Calls `visit` with each part of a key between slashes.
template <class Visit> void for_each_part(std::string_view key, Visit visit)
{
    for (;;) {
        const std::size_t slash = key.find('/');
        visit(key.substr(0, slash));
        if (slash == key.npos) return;
        key.remove_prefix(slash + 1);
    }
}

// As a signature wants it: everything but slashes is encoded as it would be alone.
std::string encoded_key(std::string_view key)
{
    std::string all;
    for_each_part(key, [&all](std::string_view part) { all += percent_encoded(part) + '/'; });
    all.pop_back();
    return all;
}

// Parts that clients and servers take for folders, and fold.
bool has_dots(std::string_view key)
{
    bool found = false;
    for_each_part(key, [&found](std::string_view part) { found = found || part == "." || part == ".."; });
    return found;
}

}  // namespace

bucket::bucket(std::string_view pattern, std::string endpoint, std::string proxy) : proxy_(std::move(proxy))
{
    const std::string_view name = pattern.substr(std::min(bucket_scheme.size(), pattern.size()));
    const std::size_t slash = std::min(name.find('/'), name.size());
    key_ = name.substr(std::min(slash + 1, name.size()));
    if (!is_bucket_name(name.substr(0, slash)) || key_.find(id_mark) == std::string::npos)
        throw std::invalid_argument("expected s3://BUCKET/KEY with {id} in the key");
    while (endpoint.ends_with('/')) endpoint.pop_back();
    if (!is_web_url(endpoint) || endpoint.find_first_of("/?#@", endpoint.find("://") + 3) != std::string::npos)
        throw std::invalid_argument("the endpoint is not the http(s) URL of a server: " + endpoint);
    root_ = endpoint + '/' + std::string(name.substr(0, slash)) + '/';
}

media_source bucket::find(std::string_view video) const
{
    std::string key = key_;
    for (std::size_t at = 0; (at = key.find(id_mark, at)) != std::string::npos; at += video.size())
        key.replace(at, id_mark.size(), video);
    if (video.empty() || has_dots(key))
        throw source_error(reason::bad_input, "'" + std::string(video) + "' is not a video id");
    media_source source;
    source.files.emplace_back(remote_file{.url = root_ + encoded_key(key), .proxy = proxy_});
    return source;
}

asio::awaitable<resolved_video> bucket::resolve(std::string video)
{
    resolved_video found;
    found.source = find(video);
    co_return found;
}

}  // namespace reelpipe::resolve
