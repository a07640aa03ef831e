#include "site/source_times.hpp"

#include <algorithm>

namespace reelpipe {

bool has_expired(const media_source& source, std::chrono::system_clock::time_point now)
{
    constexpr std::chrono::seconds too_short{120};
    return ends_before(source, now + too_short);
}

std::chrono::milliseconds wait_for(const media_source& source, std::chrono::system_clock::time_point now)
{
    constexpr std::chrono::milliseconds longest = std::chrono::minutes(1);
    std::chrono::milliseconds wait{0};
    for (const media_file& file : source.files) {
        const remote_file* const part = remote_part(file);
        if (!part || !part->available_at || *part->available_at <= now) continue;
        wait = std::max(wait, std::chrono::ceil<std::chrono::milliseconds>(*part->available_at - now));
    }
    return std::min(wait, longest);
}

}  // namespace reelpipe
