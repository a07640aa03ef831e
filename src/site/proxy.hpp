#ifndef REELPIPE_SITE_PROXY_HPP
#define REELPIPE_SITE_PROXY_HPP

#include <string>

namespace reelpipe {

// Throws usage_error for a proxy that no transfer could go through: libcurl would say so of each, and call it the
// network's fault. Empty: none.
void check_proxy(const std::string& url);

}  // namespace reelpipe

#endif
