#include "site/proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "reelpipe/usage_error.hpp"

namespace reelpipe {

void check_proxy(const std::string& url)
{
    constexpr std::array<std::string_view, 6> schemes{"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    const std::size_t end = url.find("://");
    if (end == std::string::npos) return;  // a host, and HTTP
    std::string scheme = url.substr(0, end);
    for (char& c : scheme)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (std::ranges::find(schemes, scheme) != schemes.end()) return;
    // Not the rest: it may hold a password.
    throw usage_error(fmt::format("--proxy {}://...: unknown scheme; use one of {}", scheme, fmt::join(schemes, ", ")));
}

}  // namespace reelpipe
