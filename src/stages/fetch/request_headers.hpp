#ifndef REELPIPE_STAGES_FETCH_REQUEST_HEADERS_HPP
#define REELPIPE_STAGES_FETCH_REQUEST_HEADERS_HPP

#include <curl/curl.h>

#include <memory>

#include "stages/fetch/http_client.hpp"

namespace reelpipe::fetch {

struct free_lines {
    void operator()(curl_slist* lines) const { curl_slist_free_all(lines); }
};
using header_lines = std::unique_ptr<curl_slist, free_lines>;

// The header lines that go with a request; those that are `signed_too` hold what libcurl can sign. Another host, to
// which a redirect leads, gets neither cookies nor what may be a secret. Throws std::bad_alloc.
header_lines lines_of(const http_request&, bool is_same_host, bool signed_too = false);

}  // namespace reelpipe::fetch

#endif
