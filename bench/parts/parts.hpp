#ifndef REELPIPE_BENCH_PARTS_PARTS_HPP
#define REELPIPE_BENCH_PARTS_PARTS_HPP

#include <cstddef>
#include <filesystem>

#include "runner/contest.hpp"

namespace reelpipe::bench {

// A list, and what is in it. A row is a clip: one line of a Panda-70M list has many.
struct long_list {
    std::filesystem::path file{};
    std::size_t rows = 0, clips = 0, videos = 0;
};

// A list like that of Kinetics-700: quoted labels, a video now and then with two clips, a few rows that stand there
// twice.
long_list make_long_list(std::size_t rows);

// The same clips as a table and as DeepMind's JSON, which has one clip of a video.
struct list_pair {
    long_list csv{}, json{};
};
list_pair make_list_pair(std::size_t rows);

// A list like that of Panda-70M: so many videos, 18.5 clips each on the average, with captions and scores. The whole
// (3,779,763 videos) takes 6 GB. It is kept.
long_list make_panda_list(std::size_t videos);

// Read it, drop what stands there twice, sort the rest by video, count. Figures: wall_s, cpu_s, peak_mb, and rate, in
// millions of clips a second.
figures plan_reelpipe(const long_list&);
figures list_python(const long_list&);
figures list_pandas(const long_list&);
figures json_python(const long_list&);
bool has_pandas();

// Read it and count the clips. Figures: wall_s and rate; of Python also cpu_s and peak_mb.
figures read_reelpipe(const long_list&);
figures panda_python(const long_list&);

// A database of so many outcomes, on the disk, so that a killed process loses a second of them at most, or none.
// Figures: us, of an outcome.
figures ledger_reelpipe(std::size_t rows);
figures ledger_row_by_row(std::size_t rows, bool write_ahead_log);

}  // namespace reelpipe::bench

#endif
