#ifndef REELPIPE_BENCH_SCALING_VIDEO_LENGTH_HPP
#define REELPIPE_BENCH_SCALING_VIDEO_LENGTH_HPP

#include <chrono>
#include <memory>

#include "e2e/workload.hpp"

namespace reelpipe::bench {

// Clips out of the middle of videos of one length, of few bits, so that hours of it are made in seconds.
workload videos_of(std::chrono::minutes length, std::size_t clips);

}  // namespace reelpipe::bench

#endif
