#ifndef REELPIPE_STAGES_FETCH_CONTENT_RANGE_HPP
#define REELPIPE_STAGES_FETCH_CONTENT_RANGE_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include "media/range_set.hpp"

namespace reelpipe::fetch {

// "bytes 0-99/1000", "bytes 0-99/*" from a server that does not know the length of the whole, or "bytes */1000" from
// one that cannot give any part.
struct content_range {
    std::optional<media::byte_range> body{};
    std::optional<std::uint64_t> total{};
};

// The value of the header Content-Range. Nothing where it names neither a part nor a length, or a part that is not
// within the length.
std::optional<content_range> parse_content_range(std::string_view text);

}  // namespace reelpipe::fetch

#endif
