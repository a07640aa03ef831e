#include "stages/fetch/bucket.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace reelpipe::fetch {

namespace {

void set(CURL* easy, CURLoption option, const char* text)
{
    const CURLcode code = curl_easy_setopt(easy, option, text);
    if (code != CURLE_OK)
        throw std::runtime_error(std::string("prepare a signed transfer: ") + curl_easy_strerror(code));
}

}  // namespace

void sign(CURL* easy, const bucket_keys& keys)
{
    set(easy, CURLOPT_AWS_SIGV4, ("aws:amz:" + keys.region + ":s3").c_str());
    // Apart, because a key may hold a colon.
    set(easy, CURLOPT_USERNAME, keys.access_key.c_str());
    set(easy, CURLOPT_PASSWORD, keys.secret_key.c_str());
    if (curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK)
        throw std::runtime_error("prepare a signed transfer: redirects cannot be turned off");
}

http_request with_signed_headers(http_request request, const bucket_keys& keys)
{
    // libcurl 7.88 sends none of its own. This is the hash of no body at all.
    request.headers.emplace_back(
        "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    if (!keys.session_token.empty()) request.headers.push_back("x-amz-security-token: " + keys.session_token);
    return request;
}

std::string error_code_in(std::string_view body)
{
    constexpr std::string_view before = "<Code>";
    constexpr std::size_t longest = 64;
    const std::size_t begin = body.find(before);
    if (begin == body.npos) return {};
    std::string_view code = body.substr(begin + before.size(), longest);
    code = code.substr(0, code.find('<'));
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    return std::ranges::all_of(code, is_letter) ? std::string(code) : std::string();
}

bool is_fault_of_bucket(int status, std::string_view code)
{
    if (code == "NoSuchBucket") return true;
    if (code == "KeyTooLongError" || code == "InvalidURI") return false;
    if (status == 403) return !code.empty() && code != "AccessDenied" && code != "InvalidObjectState";
    const bool is_of_file = status == 404 || status == 408 || status == 410 || status == 416 || status == 429;
    return status < 500 && !is_of_file;
}

}  // namespace reelpipe::fetch
