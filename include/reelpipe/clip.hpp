#ifndef REELPIPE_CLIP_HPP
#define REELPIPE_CLIP_HPP

#include <chrono>
#include <compare>
#include <string>

namespace reelpipe {

// A part of a video, [start, end). Microseconds are libav's own clock: a time written "12.345678" is kept exactly.
// Time 0 is the container's start time, as ffmpeg counts.
struct segment {
    std::chrono::microseconds start{};
    std::chrono::microseconds end{};

    auto operator<=>(const segment&) const = default;
};

inline double in_seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

// One row of an annotation list. Every field but the times is untrusted text.
struct clip_request {
    std::string video;  // the site's id, or what `{id}` stands for in a URL template
    segment wanted;
    std::string label;  // empty in test lists
    std::string split;  // as the list spells it; empty where it has none

    auto operator<=>(const clip_request&) const = default;
};

}  // namespace reelpipe

#endif
