#include "stages/fetch/sibling.hpp"

#include <string_view>
#include <vector>

#include "stages/fetch/scan.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

bool is_credential(std::string_view line)
{
    const std::string_view name = line.substr(0, line.find_first_of(":; "));
    return equal_but_for_case(name, "Authorization") || equal_but_for_case(name, "Proxy-Authorization");
}

}  // namespace

remote_file sibling(const remote_file& of, const std::string& url)
{
    remote_file next = of;
    next.url = url;
    if (host_of(url) == host_of(of.url)) return next;
    next.cookies.clear();
    std::erase_if(next.headers, is_credential);
    next.public_only = true;  // the playlist named it, not the user
    return next;
}

}  // namespace reelpipe::fetch
