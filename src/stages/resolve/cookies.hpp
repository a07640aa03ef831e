#ifndef REELPIPE_STAGES_RESOLVE_COOKIES_HPP
#define REELPIPE_STAGES_RESOLVE_COOKIES_HPP

#include <string>
#include <string_view>

namespace reelpipe::resolve {

// The Cookie header for `url`, "a=1", out of cookies as yt-dlp writes them: "a=1; Domain=.host.org; Path=/; Secure;
// b=2; Domain=...". Attributes follow the cookie that they belong to.
std::string cookie_header(std::string_view cookies, std::string_view url);

}  // namespace reelpipe::resolve

#endif
