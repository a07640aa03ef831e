#include "stages/fetch/content_range.hpp"

#include <limits>

#include "stages/fetch/scan.hpp"

namespace reelpipe::fetch {

std::optional<content_range> parse_content_range(std::string_view text)
{
    if (!equal_but_for_case(text.substr(0, 6), "bytes ")) return std::nullopt;
    text.remove_prefix(6);

    content_range range;
    if (!take(text, "*")) {
        const auto first = take_number<std::uint64_t>(text);
        const bool dash = take(text, "-");
        const auto last = take_number<std::uint64_t>(text);
        if (!first || !dash || !last || *last < *first || *last == std::numeric_limits<std::uint64_t>::max())
            return std::nullopt;
        range.body = media::byte_range{*first, *last + 1};
    }
    if (!take(text, "/")) return std::nullopt;
    if (take(text, "*")) {
        if (!range.body || !text.empty()) return std::nullopt;
        return range;
    }
    range.total = take_number<std::uint64_t>(text);
    if (!range.total || !text.empty() || (range.body && range.body->end > *range.total)) return std::nullopt;
    return range;
}

}  // namespace reelpipe::fetch
