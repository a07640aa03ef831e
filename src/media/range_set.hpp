#ifndef REELPIPE_MEDIA_RANGE_SET_HPP
#define REELPIPE_MEDIA_RANGE_SET_HPP

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace reelpipe::media {

// Bytes [begin, end) of a file.
struct byte_range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return end - begin; }
    auto operator<=>(const byte_range&) const = default;
};

// A set of bytes, kept as few disjoint ranges in ascending order: ranges that overlap or touch are one.
class range_set {
public:
    void add(byte_range);
    bool holds(byte_range) const;

    // The end of the run of bytes that holds `offset`; nothing where `offset` is missing.
    std::optional<std::uint64_t> run_end(std::uint64_t offset) const;

    // The parts of `wanted` that are not in the set, in ascending order.
    std::vector<byte_range> missing(byte_range wanted) const;

    std::uint64_t bytes() const;
    const std::vector<byte_range>& ranges() const { return ranges_; }

private:
    std::vector<byte_range> ranges_;
};

}  // namespace reelpipe::media

#endif
