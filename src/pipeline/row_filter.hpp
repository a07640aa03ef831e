#ifndef REELPIPE_PIPELINE_ROW_FILTER_HPP
#define REELPIPE_PIPELINE_ROW_FILTER_HPP

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/label_choice.hpp"
#include "pipeline/row_sample.hpp"
#include "reelpipe/download_options.hpp"

namespace reelpipe {

// Decides which rows of the lists are wanted, in this order: split, labels, --only and --exclude, so many of each
// label, a sample of them all, this machine's part. Threads: one at a time.
class row_filter {
public:
    // Passes the wanted rows to `take`, in list order; it says whether it wants more. What `admits` refuses is not
    // wanted. The options outlive this.
    using clip_function = std::function<bool(const clip_request&)>;
    row_filter(const wanted_options&, clip_function admits, clip_function take);

    // False when no further row is wanted. With samples, rows are passed on by finish().
    bool offer(const clip_request&);
    void finish();

    bool saw_split() const { return saw_split_; }
    const label_choice& labels() const { return labels_; }

private:
    bool sample_or_pass(std::uint64_t number, const clip_request&);
    bool pass(const clip_request&);

    const wanted_options& options_;
    clip_function admits_, take_;
    std::string split_;  // canonical
    label_choice labels_;
    std::unordered_map<std::string, std::uint64_t> of_label_;  // rows so far
    std::map<std::string, row_sample> samples_of_label_;
    std::optional<row_sample> sample_;
    std::uint64_t offered_ = 0;
    bool saw_split_ = false;
};

// Which of so many parts a video belongs to, from 1: the same on every machine and for every list.
unsigned shard_of(std::string_view video, unsigned shards);

}  // namespace reelpipe

#endif
