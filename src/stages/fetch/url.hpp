#ifndef REELPIPE_STAGES_FETCH_URL_HPP
#define REELPIPE_STAGES_FETCH_URL_HPP

#include <optional>
#include <string>

namespace reelpipe::fetch {

// "host/path" of a URL, for messages: no scheme, user or query.
std::string display_name(const std::string& url);

// "host" or "host:port" of a URL.
std::string host_of(const std::string& url);

// True if the text is an IP address outside of the public internet: loopback, private networks, link-local (where
// clouds keep their secrets), shared, multicast, reserved, and IPv6 addresses that lead to such an IPv4 address. False
// for a name.
bool is_private_address(const std::string& text);

// True if the host of a URL is such an address, in any spelling or letters that libcurl reads (0x7f.1), or this
// machine by name (localhost, RFC 6761). False for other names, whatever they resolve to.
bool has_private_host(const std::string& url);

// The absolute http(s) URL that a reference in a document stands for; nothing if it is none.
std::optional<std::string> resolve_reference(const std::string& document_url, const std::string& reference);

}  // namespace reelpipe::fetch

#endif
