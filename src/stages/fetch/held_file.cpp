#include "stages/fetch/held_file.hpp"

#include <algorithm>

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

void held_file::forget()
{
    bytes.reset();
    identity = {};
    takes_ranges = true;
}

}  // namespace reelpipe::fetch
