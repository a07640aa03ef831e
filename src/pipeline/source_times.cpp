#include "pipeline/source_times.hpp"

#include <algorithm>

namespace reelpipe {

const remote_file* remote_part(const media_file& file)
{
    if (const auto* const playlist = std::get_if<hls_playlist>(&file)) return &playlist->playlist;
    return std::get_if<remote_file>(&file);
}

bool has_expired(const media_source& source, std::chrono::system_clock::time_point now)
{
    constexpr std::chrono::seconds too_short{120};
    return std::ranges::any_of(source.files, [&](const media_file& file) {
        const remote_file* const part = remote_part(file);
        return part && part->expires && *part->expires - too_short < now;
    });
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
