#ifndef REELPIPE_STAGES_FETCH_BUCKET_HPP
#define REELPIPE_STAGES_FETCH_BUCKET_HPP

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "stages/fetch/http_client.hpp"

namespace reelpipe::fetch {

// Lets libcurl sign the transfer. Redirects are not followed: another host would need another signature. Throws
// std::runtime_error.
void sign(CURL*, const bucket_keys&);

// The request with the headers that a signature needs.
http_request with_signed_headers(http_request, const bucket_keys&);

// What is in an answer that refuses a signed request: the code of an object store, "NoSuchKey". Empty: none.
std::string error_code_in(std::string_view body);

// True if the answer would be the same for every file of the bucket. A store that refuses one file, because it is not
// there or not for everybody, is believed.
bool is_fault_of_bucket(int status, std::string_view code);

}  // namespace reelpipe::fetch

#endif
