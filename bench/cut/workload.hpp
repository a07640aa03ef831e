#ifndef REELPIPE_BENCH_CUT_WORKLOAD_HPP
#define REELPIPE_BENCH_CUT_WORKLOAD_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "reelpipe/clip.hpp"
#include "runner/contest.hpp"

namespace reelpipe::bench {

// A film on the local disk, the segments that every contender cuts out of it, and what has to come out.
struct workload {
    std::filesystem::path folder;
    std::filesystem::path film;
    std::vector<segment> segments;
    std::string preset;
    std::vector<std::string> packets{};  // times, sizes and hashes of the packets of the right clips
};

// Makes the film, once, and the clips that the others are compared with.
workload prepare(std::filesystem::path folder, int seconds, std::string size, std::vector<segment>, std::string preset);

// Throws wrong_result unless the clip of segment `i` is the right one.
void check(const workload&, std::size_t i, const std::filesystem::path& clip);

// Runs a program to its end; the CPU seconds that it took, user and system. Throws wrong_result when it fails.
double cpu_of(const std::vector<std::string>& words);

std::vector<std::string> ffmpeg_command(const workload&, const segment&, const std::filesystem::path& clip);

// The contenders: CPU and wall seconds a clip.
figures ffmpeg_process(const workload&);
figures in_process(const workload&);

}  // namespace reelpipe::bench

#endif
