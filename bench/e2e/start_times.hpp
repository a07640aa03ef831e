#ifndef REELPIPE_BENCH_E2E_START_TIMES_HPP
#define REELPIPE_BENCH_E2E_START_TIMES_HPP

#include <chrono>
#include <cstddef>
#include <vector>

namespace reelpipe::bench {

// Where clips of the Kinetics lists begin in their videos: half of them within 30 s, one in a hundred behind 750 s.
// As many as `count`, evenly over the distribution, so that few have its shape, too; from early to late.
std::vector<std::chrono::seconds> start_times(std::size_t count);

}  // namespace reelpipe::bench

#endif
