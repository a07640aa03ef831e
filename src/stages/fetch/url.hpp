#ifndef REELPIPE_STAGES_FETCH_URL_HPP
#define REELPIPE_STAGES_FETCH_URL_HPP

#include <optional>
#include <string>

namespace reelpipe::fetch {

// "host/path" of a URL, for messages: no scheme, user or query.
std::string display_name(const std::string& url);

// "host" or "host:port" of a URL.
std::string host_of(const std::string& url);

// The host alone; an IPv6 address without its brackets.
std::string host_name_of(const std::string& url);

// Whether text is an IP address that is not one of the public internet: loopback, private networks, link-local (where
// clouds keep their secrets), shared, multicast, reserved; of IPv6 also what leads to such a one of IPv4. A name is
// none.
bool is_private_address(const std::string& text);

// The absolute http(s) URL that a reference in a document stands for; nothing if it is none.
std::optional<std::string> resolve_reference(const std::string& document_url, const std::string& reference);

}  // namespace reelpipe::fetch

#endif
