#ifndef REELPIPE_BENCH_FETCH_PICTURES_HPP
#define REELPIPE_BENCH_FETCH_PICTURES_HPP

#include <cstddef>
#include <filesystem>

#include "reelpipe/clip.hpp"

namespace reelpipe::bench {

// Pictures of a film that are shown in a segment, and pictures that a clip shows. Nothing is decoded.
std::size_t pictures_in(const std::filesystem::path& film, segment wanted);
std::size_t pictures_of(const std::filesystem::path& clip);

}  // namespace reelpipe::bench

#endif
