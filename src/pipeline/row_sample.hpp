#ifndef REELPIPE_PIPELINE_ROW_SAMPLE_HPP
#define REELPIPE_PIPELINE_ROW_SAMPLE_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reelpipe/clip.hpp"

namespace reelpipe {

// So many rows of a list of unknown length, drawn by chance. Which ones depends on the seed and on the clips
// themselves: the same on every machine, in whatever order the lists come, and a smaller sample is a part of a larger
// one of the same seed. A clip that stands there twice is drawn once. Memory grows with the sample, not with the list.
class row_sample {
public:
    row_sample(std::size_t size, std::uint64_t seed) : size_(size), seed_(seed) {}

    // The number is that of the row, by which the drawn ones are put in order again.
    void offer(std::uint64_t number, const clip_request&);

    std::vector<std::pair<std::uint64_t, clip_request>> drawn() const;

private:
    struct key {
        std::uint64_t rank = 0;
        std::string video{};
        segment wanted{};
        std::string label{};

        auto operator<=>(const key&) const = default;
    };
    struct row {
        std::uint64_t number = 0;
        std::string split{};
    };

    std::size_t size_;
    std::uint64_t seed_;
    std::map<key, row> rows_;  // those of the lowest ranks so far
};

}  // namespace reelpipe

#endif
