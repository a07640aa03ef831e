#include "media/range_set.hpp"

#include <algorithm>
#include <numeric>

namespace reelpipe::media {

namespace {

// The first range that ends behind `offset`: the only one that can hold it.
auto first_ending_behind(const std::vector<byte_range>& ranges, std::uint64_t offset)
{
    return std::ranges::upper_bound(ranges, offset, {}, &byte_range::end);
}

}  // namespace

void range_set::add(byte_range added)
{
    if (added.begin >= added.end) return;
    const auto first = std::ranges::lower_bound(ranges_, added.begin, {}, &byte_range::end);
    const auto last = std::ranges::upper_bound(ranges_, added.end, {}, &byte_range::begin);
    if (first != last) {
        added.begin = std::min(added.begin, first->begin);
        added.end = std::max(added.end, std::prev(last)->end);
    }
    const auto gap = ranges_.erase(first, last);
    ranges_.insert(gap, added);
}

bool range_set::holds(byte_range wanted) const
{
    return wanted.begin >= wanted.end || run_end(wanted.begin).value_or(0) >= wanted.end;
}

std::optional<std::uint64_t> range_set::run_end(std::uint64_t offset) const
{
    const auto range = first_ending_behind(ranges_, offset);
    if (range == ranges_.end() || range->begin > offset) return std::nullopt;
    return range->end;
}

std::vector<byte_range> range_set::missing(byte_range wanted) const
{
    std::vector<byte_range> gaps;
    for (auto held = first_ending_behind(ranges_, wanted.begin); wanted.begin < wanted.end; ++held) {
        if (held == ranges_.end() || held->begin >= wanted.end) {
            gaps.push_back(wanted);
            break;
        }
        if (held->begin > wanted.begin) gaps.push_back({wanted.begin, held->begin});
        wanted.begin = held->end;
    }
    return gaps;
}

std::uint64_t range_set::bytes() const
{
    return std::accumulate(ranges_.begin(), ranges_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const byte_range& r) { return sum + r.size(); });
}

}  // namespace reelpipe::media
