#include "pipeline/row_filter.hpp"

#include <algorithm>
#include <utility>

#include "stages/annotations/split_name.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

using annotations::canonical_split;

row_filter::row_filter(const wanted_options& options, clip_function admits, clip_function take)
    : options_(options),
      admits_(std::move(admits)),
      take_(std::move(take)),
      split_(canonical_split(options.split)),
      labels_(options.labels)
{
    if (options.sample != 0) sample_.emplace(options.sample, options.seed.value_or(0));
}

bool row_filter::offer(const clip_request& clip)
{
    if (!split_.empty() && clip.split != options_.split && canonical_split(clip.split) != split_) return true;
    saw_split_ = true;
    if (!labels_.is_empty() && !labels_.contains(clip.label)) return true;
    if (!admits_(clip)) return true;
    const std::uint64_t number = ++offered_;
    if (options_.per_label == 0) return sample_or_pass(number, clip);
    if (options_.seed) {
        samples_of_label_.try_emplace(clip.label, options_.per_label, *options_.seed).first->second.offer(number, clip);
        return true;
    }
    if (++of_label_[clip.label] > options_.per_label) return true;
    return sample_or_pass(number, clip);
}

bool row_filter::sample_or_pass(std::uint64_t number, const clip_request& clip)
{
    if (!sample_) return pass(clip);
    sample_->offer(number, clip);
    return true;
}

bool row_filter::pass(const clip_request& clip)
{
    if (options_.shards > 1 && shard_of(clip.video, options_.shards) != options_.shard) return true;
    return take_(clip);
}

void row_filter::finish()
{
    std::vector<std::pair<std::uint64_t, clip_request>> drawn;
    for (const auto& [label, sample] : samples_of_label_)
        for (auto& row : sample.drawn()) drawn.push_back(std::move(row));
    std::ranges::sort(drawn, {}, &std::pair<std::uint64_t, clip_request>::first);
    for (const auto& [number, clip] : drawn)
        if (!sample_or_pass(number, clip)) return;
    if (!sample_) return;
    for (const auto& [number, clip] : sample_->drawn())
        if (!pass(clip)) return;
}

unsigned shard_of(std::string_view video, unsigned shards)
{
    const std::uint64_t hash = store::stable_hash(video);
    return static_cast<unsigned>((hash ^ (hash >> 32)) % shards) + 1;  // the low bits of FNV alone are weak
}

}  // namespace reelpipe
