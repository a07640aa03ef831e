#ifndef REELPIPE_BENCH_PARTS_PARTS_HPP
#define REELPIPE_BENCH_PARTS_PARTS_HPP

#include <cstddef>
#include <filesystem>

#include "runner/contest.hpp"

namespace reelpipe::bench {

// A list like that of Kinetics-700: quoted labels, a video now and then with two clips, a few rows that stand there
// twice.
struct long_list {
    std::filesystem::path file{};
    std::size_t rows = 0, clips = 0, videos = 0;
};

long_list make_long_list(std::size_t rows);

// Read it, drop what stands there twice, sort the rest by video, count. Figures: wall_s, cpu_s, peak_mb.
figures list_reelpipe(const long_list&);
figures list_python(const long_list&);

// A database of so many outcomes, on the disk, so that a killed process loses a second of them at most, or none.
// Figures: us, of an outcome.
figures ledger_reelpipe(std::size_t rows);
figures ledger_row_by_row(std::size_t rows, bool write_ahead_log);

}  // namespace reelpipe::bench

#endif
