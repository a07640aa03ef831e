#include "cli/browse/clip_key.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "cli/serve/http.hpp"

namespace reelpipe::cli {

namespace {

std::optional<std::chrono::microseconds> time_in(std::string_view text)
{
    std::int64_t time = 0;
    const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), time);
    if (failed != std::errc() || rest != text.data() + text.size()) return std::nullopt;
    return std::chrono::microseconds(time);
}

}  // namespace

std::string key_of(const clip_request& clip)
{
    return fmt::format("{}/{}/{}/{}", http::encoded(clip.video), clip.wanted.start.count(), clip.wanted.end.count(),
                       http::encoded(clip.label));
}

std::optional<clip_request> clip_of(std::string_view key)
{
    std::array<std::string_view, 4> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t end = key.find('/');
        if ((end == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
        parts[i] = key.substr(0, end);
        if (end != std::string_view::npos) key.remove_prefix(end + 1);
    }
    std::optional<std::string> video = http::decoded(parts[0]), label = http::decoded(parts[3]);
    const auto start = time_in(parts[1]), end = time_in(parts[2]);
    if (!video || !label || !start || !end) return std::nullopt;
    return clip_request{.video = std::move(*video), .wanted = {*start, *end}, .label = std::move(*label), .split = {}};
}

}  // namespace reelpipe::cli
