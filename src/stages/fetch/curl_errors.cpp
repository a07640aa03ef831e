#include "stages/fetch/curl_errors.hpp"

#include <cerrno>

#include "stages/fetch/errors.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

constexpr long wants_password = 407;

// A header that is longer than libcurl takes; CURLE_TOO_LARGE since 8.6.
constexpr int too_large = 100;

long number(CURL* easy, CURLINFO what)
{
    long value = 0;
    curl_easy_getinfo(easy, what, &value);
    return value;
}

// True if the fault is this machine's, its proxy's or its network's, so that any other transfer would meet it as well.
bool is_local(const failed_transfer& failed, long tunnel_status)
{
    if (tunnel_status >= 400 && tunnel_status < 500) return true;
    switch (failed.code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            // A host that names another one has been found itself; the name may have an IPv6 address only.
            return !(failed.redirected || failed.ipv4_only) || !failed.proxy.empty();
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_INTERFACE_FAILED:
        case CURLE_PROXY:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return true;
        case CURLE_COULDNT_CONNECT: {
            const long cause = number(failed.easy, CURLINFO_OS_ERRNO);
            return !failed.proxy.empty() || cause == ENETUNREACH || cause == ENETDOWN || cause == EADDRNOTAVAIL;
        }
        default:
            return false;
    }
}

// Refused, nobody there who would refuse, no such name, or somebody else who answers to it.
bool is_unconnected(const failed_transfer& failed, bool local)
{
    switch (failed.code) {
        case CURLE_COULDNT_CONNECT:
            return !local;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_PEER_FAILED_VERIFICATION:
            return true;
        case CURLE_OPERATION_TIMEDOUT:
            return number(failed.easy, CURLINFO_REQUEST_SIZE) == 0;
        default:
            return false;
    }
}

}  // namespace

void throw_for(const failed_transfer& failed)
{
    const std::string text = failed.text + ": " + failed.words;
    const bool is_answered = number(failed.easy, CURLINFO_RESPONSE_CODE) != 0;
    // Before 8.6 a header that is too long was told as a lack of memory.
    if (is_answered && (failed.code == CURLE_OUT_OF_MEMORY || failed.code == too_large))
        throw answer_error(failed.text + ": a header that is longer than libcurl takes", failed.host);
    switch (failed.code) {
        case CURLE_TOO_MANY_REDIRECTS:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            throw misleading_error(text, failed.host);
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
            throw answer_error(text, failed.host);
        default:
            break;
    }
    const long tunnel_status = failed.proxy.empty() ? 0 : number(failed.easy, CURLINFO_HTTP_CONNECTCODE);
    if (tunnel_status == wants_password) throw_for_proxy_password(failed);
    const std::string way = failed.proxy.empty() ? "" : " (through the proxy " + host_of(failed.proxy) + ")";
    const bool local = is_local(failed, tunnel_status);
    throw network_error(text + way, failed.host, local, is_unconnected(failed, local), !is_answered);
}

void throw_for_proxy_password(const failed_transfer& failed)
{
    throw proxy_error("the proxy " + host_of(failed.proxy) +
                          " answers with status 407: it does not accept the user name and password of --proxy",
                      failed.host);
}

}  // namespace reelpipe::fetch
