#ifndef REELPIPE_STAGES_RESOLVE_COOKIES_HPP
#define REELPIPE_STAGES_RESOLVE_COOKIES_HPP

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace reelpipe::resolve {

// The Cookie header for `url`, "a=1", out of cookies as yt-dlp writes them: "a=1; Domain=.host.org; Path=/; Secure;
// b=2; Domain=...". Attributes follow the cookie that they belong to.
std::string cookie_header(std::string_view cookies, std::string_view url);

// Refuses a file of cookies that yt-dlp would not read, or not all of: throws std::invalid_argument, which names the
// file, the line and the remedy.
void check_cookie_file(const std::filesystem::path&);

struct cookie_ages {
    std::size_t all = 0, expired = 0;
};

// Of a file that passed the check. A cookie without a date lasts.
cookie_ages cookie_ages_in(const std::filesystem::path&, std::chrono::system_clock::time_point now);

}  // namespace reelpipe::resolve

#endif
