#ifndef REELPIPE_STAGES_FETCH_URL_HPP
#define REELPIPE_STAGES_FETCH_URL_HPP

#include <optional>
#include <string>

namespace reelpipe::fetch {

// "host/path" of a URL, for messages: no scheme, user or query.
std::string display_name(const std::string& url);

// "host" or "host:port" of a URL.
std::string host_of(const std::string& url);

// What a reference in a document stands for: an absolute http(s) URL, or nothing where it is none.
std::optional<std::string> resolve_reference(const std::string& document_url, const std::string& reference);

}  // namespace reelpipe::fetch

#endif
