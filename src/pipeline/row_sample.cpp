#include "pipeline/row_sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace {

// The finalizer of splitmix64: FNV alone spreads the last characters of a text badly.
std::uint64_t mixed(std::uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

std::uint64_t rank_of(const clip_request& clip, std::uint64_t seed)
{
    const std::string text =
        fmt::format("{}\n{}\n{}\n{}", clip.video, clip.wanted.start.count(), clip.wanted.end.count(), clip.label);
    return mixed(store::stable_hash(text) ^ mixed(seed));
}

}  // namespace

void row_sample::offer(std::uint64_t number, const clip_request& clip)
{
    if (size_ == 0) return;
    const std::uint64_t rank = rank_of(clip, seed_);
    if (rows_.size() == size_ && std::prev(rows_.end())->first.rank < rank) return;
    rows_.try_emplace({rank, clip.video, clip.wanted, clip.label}, row{number, clip.split});
    if (rows_.size() > size_) rows_.erase(std::prev(rows_.end()));
}

std::vector<std::pair<std::uint64_t, clip_request>> row_sample::drawn() const
{
    std::vector<std::pair<std::uint64_t, clip_request>> all;
    all.reserve(rows_.size());
    for (const auto& [clip, drawn_row] : rows_)
        all.emplace_back(drawn_row.number, clip_request{clip.video, clip.wanted, clip.label, drawn_row.split});
    std::ranges::sort(all, {}, &std::pair<std::uint64_t, clip_request>::first);
    return all;
}

}  // namespace reelpipe
