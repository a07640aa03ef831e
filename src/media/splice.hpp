#ifndef REELPIPE_MEDIA_SPLICE_HPP
#define REELPIPE_MEDIA_SPLICE_HPP

#include <cstdint>
#include <span>
#include <vector>

namespace reelpipe::media {

// How a clip was put together: some frames re-encoded, then some copied from the source, then some re-encoded again.
// Any of the outer two parts may be empty.
struct splice {
    struct sample {
        std::int64_t time = 0;    // when it is shown, in ticks
        std::uint64_t print = 0;  // print_of() its bytes; of re-encoded frames, too
        bool operator==(const sample&) const = default;
    };
    int time_base_numerator = 0, time_base_denominator = 0;  // of a tick, in seconds
    std::vector<sample> samples{};                           // in the order in which they are decoded
    std::int64_t copy_begin = 0, copy_end = 0;
    std::vector<std::uint64_t> sets{};  // prints of the source's parameter sets

    std::int64_t copied() const { return copy_end - copy_begin; }
    bool operator==(const splice&) const = default;
};

// Tells samples apart: half of an MD5.
std::uint64_t print_of(std::span<const std::uint8_t> bytes);

}  // namespace reelpipe::media

#endif
