#ifndef REELPIPE_STAGES_RESOLVE_COOKIES_HPP
#define REELPIPE_STAGES_RESOLVE_COOKIES_HPP

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

}  // namespace reelpipe::resolve

#endif
