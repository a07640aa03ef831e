#include "stages/fetch/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
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

bool is_private(const asio::ip::address_v4& address)
{
    struct network {
        std::uint32_t first;
        unsigned bits;
    };
    // 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.0.0/24, 192.168/16, 198.18/15, 224/3
    constexpr std::array networks{network{0x00000000, 8},  network{0x0a000000, 8},  network{0x64400000, 10},
                                  network{0x7f000000, 8},  network{0xa9fe0000, 16}, network{0xac100000, 12},
                                  network{0xc0000000, 24}, network{0xc0a80000, 16}, network{0xc6120000, 15},
                                  network{0xe0000000, 3}};
    return std::ranges::any_of(networks, [number = address.to_uint()](const network& each) {
        return (number ^ each.first) >> (32 - each.bits) == 0;
    });
}

// The IPv4 address that one of IPv6 leads to: written in it (::ffff:0:0/96, ::/96), by a translator (NAT64) or a
// tunnel (6to4).
std::optional<asio::ip::address_v4> address_behind(const asio::ip::address_v6& address)
{
    const asio::ip::address_v6::bytes_type bytes = address.to_bytes();
    const auto at = [&bytes](std::size_t i) {
        return asio::ip::address_v4({bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]});
    };
    constexpr std::array<unsigned char, 12> nat64{0x00, 0x64, 0xff, 0x9b};
    constexpr std::array<unsigned char, 12> compatible{};
    if (address.is_v4_mapped() || std::equal(compatible.begin(), compatible.end(), bytes.begin()) ||
        std::equal(nat64.begin(), nat64.end(), bytes.begin()))
        return at(12);
    if (bytes[0] == 0x20 && bytes[1] == 0x02) return at(2);
    return std::nullopt;
}

struct free_url {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

struct free_text {
    void operator()(char* text) const { curl_free(text); }
};

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0)
{
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, free_text> owner(text);
    return std::string(text);
}

// The host that libcurl asks a proxy for: one in letters beyond ASCII, such as wide digits, is written in others.
std::optional<std::string> host_as_asked(const std::string& url)
{
    const std::unique_ptr<CURLU, free_url> parts(curl_url());
    if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return std::nullopt;
    return part_of(parts.get(), CURLUPART_HOST, CURLU_PUNYCODE);
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

bool is_private_address(const std::string& text)
{
    asio::error_code is_name;
    const asio::ip::address address = asio::ip::make_address(text, is_name);
    if (is_name) return false;
    if (address.is_v4()) return is_private(address.to_v4());
    const asio::ip::address_v6 v6 = address.to_v6();
    if (const auto v4 = address_behind(v6)) return is_private(*v4);
    const bool is_unique_local = (v6.to_bytes()[0] & 0xfe) == 0xfc;
    // Of a network's own translators (RFC 8215), which may put the other address anywhere.
    constexpr std::array<unsigned char, 6> local_nat64{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
    const auto bytes = v6.to_bytes();
    const bool is_translated = std::equal(local_nat64.begin(), local_nat64.end(), bytes.begin());
    return v6.is_loopback() || v6.is_unspecified() || v6.is_link_local() || v6.is_site_local() || v6.is_multicast() ||
           is_unique_local || is_translated;
}

bool has_private_host(const std::string& url)
{
    const std::optional<std::string> as_asked = host_as_asked(url);
    // Out of other letters and dots, numbers have become what is another way to write an address.
    std::optional<std::string> host = as_asked ? host_as_asked("http://" + *as_asked) : std::nullopt;
    if (!host) return true;  // what cannot be read leads nowhere good
    while (host->ends_with('.')) host->pop_back();
    if (host->starts_with('[')) host = host->substr(1, host->find(']') - 1);
    std::ranges::transform(*host, host->begin(),
                           [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return *host == "localhost" || host->ends_with(".localhost") || is_private_address(*host);
}

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
