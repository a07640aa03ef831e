#include "stages/fetch/held_file.hpp"

#include <unistd.h>

#include <algorithm>

#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

std::optional<media::byte_range> held_file::extent() const
{
    if (!identity.size) return std::nullopt;
    return media::byte_range{part.begin, std::max(part.begin, std::min(part.end, *identity.size))};
}

std::vector<media::byte_range> held_file::missing(media::byte_range wanted) const
{
    const media::byte_range whole = extent().value_or(part);
    wanted = {std::clamp(wanted.begin, whole.begin, whole.end), std::clamp(wanted.end, whole.begin, whole.end)};
    if (!bytes || wanted.begin >= wanted.end)
        return wanted.begin < wanted.end ? std::vector{wanted} : std::vector<media::byte_range>();
    if (!identity.size) return {wanted};
    std::vector<media::byte_range> gaps =
        bytes->held().missing({place + (wanted.begin - part.begin), place + (wanted.end - part.begin)});
    for (media::byte_range& gap : gaps) gap = {gap.begin - place + part.begin, gap.end - place + part.begin};
    return gaps;
}

std::uint64_t held_file::held_bytes() const
{
    const auto whole = extent();
    if (!bytes || !whole) return 0;
    std::uint64_t held = whole->size();
    for (const media::byte_range& gap : missing(*whole)) held -= gap.size();
    return held;
}

file_identity held_file::expected() const
{
    if (!ignores_validators_) return identity;
    return {.size = identity.size};
}

void held_file::forget()
{
    bytes.reset();
    identity = {};
    takes_ranges = true;
    ends_by_closing = false;
}

network_error held_file::doubt()
{
    doubted_length = identity.size;
    forget();
    return {display_name(from.url) + ": the connection was closed after " + std::to_string(*doubted_length) +
                " bytes, and the server did not say how many there are",
            host_of(from.url), false};
}

// The first bytes are those that show where the index is, so they are held first.
std::optional<held_file::beginning> held_file::beginning_held() const
{
    constexpr std::uint64_t compared = 4u << 10;
    if (!bytes || !identity.size || part.begin != 0) return std::nullopt;
    const media::byte_range first{0, std::min(compared, *identity.size)};
    if (!missing(first).empty()) return std::nullopt;
    beginning found{.size = *identity.size, .bytes = std::string(first.size(), '\0')};
    const media::partial_file view = bytes->view();
    const ssize_t got = pread(view.descriptor, found.bytes.data(), found.bytes.size(), static_cast<off_t>(place));
    if (got != static_cast<ssize_t>(found.bytes.size())) return std::nullopt;
    return found;
}

void held_file::forget_version()
{
    forgotten_ = beginning_held();
    forget();
}

void held_file::compare_with_forgotten()
{
    if (!forgotten_) return;
    const auto held = beginning_held();
    if (!held) return;
    ignores_validators_ = held == forgotten_;
    forgotten_.reset();
}

}  // namespace reelpipe::fetch
