#include "stages/fetch/host_pauses.hpp"

#include <algorithm>

#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

constexpr std::chrono::hours longest_pause{1};  // who says more is not taken at its word

}  // namespace

void host_pauses::refused(const http_error& e, clock::time_point now)
{
    if (!e.retry_after || (e.status != 429 && e.status != 503)) return;
    const clock::time_point end = now + std::min<std::chrono::seconds>(*e.retry_after, longest_pause);
    pause& known = pauses_[e.host];
    known = {std::max(known.end, end), e.status};
}

void host_pauses::check(const std::string& url, clock::time_point now)
{
    const std::string host = host_of(url);
    const auto found = pauses_.find(host);
    if (found == pauses_.end()) return;
    if (found->second.end <= now) {
        pauses_.erase(found);
        return;
    }
    const auto left = std::chrono::ceil<std::chrono::seconds>(found->second.end - now);
    throw http_error(display_name(url) + ": not asked, the host wants no requests for " + std::to_string(left.count()) +
                         " s (status " + std::to_string(found->second.status) + ")",
                     host, found->second.status, left);
}

}  // namespace reelpipe::fetch
