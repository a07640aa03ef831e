#ifndef REELPIPE_BENCH_FETCH_FRAMES_HPP
#define REELPIPE_BENCH_FETCH_FRAMES_HPP

#include <cstddef>
#include <filesystem>

#include "reelpipe/clip.hpp"

namespace reelpipe::bench {

// Frames of a video that are shown in a segment, and frames that a clip shows. Nothing is decoded.
std::size_t frames_in(const std::filesystem::path& video, segment wanted);
std::size_t frames_of(const std::filesystem::path& clip);

}  // namespace reelpipe::bench

#endif
