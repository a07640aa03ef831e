#ifndef REELPIPE_STAGES_FETCH_CONTENT_RANGE_HPP
#define REELPIPE_STAGES_FETCH_CONTENT_RANGE_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include "media/range_set.hpp"

namespace reelpipe::fetch {

// "bytes 0-99/1000", or "bytes */1000" from a server that cannot give any.
struct content_range {
    std::optional<media::byte_range> body{};
    std::uint64_t total = 0;
};

// The value of the header Content-Range. Nothing where it has no length of the whole, or no bytes within that.
std::optional<content_range> parse_content_range(std::string_view text);

}  // namespace reelpipe::fetch

#endif
