#ifndef REELPIPE_COPY_COUNTS_HPP
#define REELPIPE_COPY_COUNTS_HPP

#include <cstdint>
#include <map>
#include <string>

namespace reelpipe {

// Counts of the clips that were to be cut smartly.
struct copy_counts {
    std::uint64_t clips = 0;
    std::uint64_t frames = 0;                      // of these clips
    std::uint64_t copied = 0;                      // of these frames, bit for bit
    std::map<std::string, std::uint64_t> whole{};  // clips that were encoded as a whole, by why
};

}  // namespace reelpipe

#endif
