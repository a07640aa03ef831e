// Whatever a server writes into Content-Range: it is refused, or names a part that has bytes and lies in the whole, as
// far as that is known.
#include "stages/fetch/content_range.hpp"

#include <cstddef>
#include <cstdint>

#include "fuzz/fuzzing.hpp"

using namespace reelpipe;
using fuzzing::require;

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzzing::input input(data, size);
    const auto range = fetch::parse_content_range(input.rest());
    if (!range) return 0;
    require(range->body || range->total);
    if (range->body) require(range->body->begin < range->body->end);
    if (range->body && range->total) require(range->body->end <= *range->total);
    return 0;
}
