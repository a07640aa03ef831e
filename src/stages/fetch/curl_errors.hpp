#ifndef REELPIPE_STAGES_FETCH_CURL_ERRORS_HPP
#define REELPIPE_STAGES_FETCH_CURL_ERRORS_HPP

#include <curl/curl.h>

#include <string>

namespace reelpipe::fetch {

// A transfer that libcurl ended with an error, and what is known of it besides the error's code.
struct failed_transfer {
    CURL* easy;
    CURLcode code;
    std::string text{};       // what was asked of whom
    std::string words{};      // libcurl's
    std::string host{};       // that did not answer
    std::string proxy{};      // empty: none
    bool ipv4_only = false;   // no address of IPv6 was looked for
    bool redirected = false;  // `host` is not the one that was to be asked, but one that it names
};

// Throws the transfer_error that it is.
[[noreturn]] void throw_for(const failed_transfer&);

// The proxy wants a password, in answer to a request that it was to pass on.
[[noreturn]] void throw_for_proxy_password(const failed_transfer&);

}  // namespace reelpipe::fetch

#endif
