#ifndef REELPIPE_BENCH_RUNNER_PROGRAM_HPP
#define REELPIPE_BENCH_RUNNER_PROGRAM_HPP

#include <time.h>

#include <string>
#include <vector>

namespace reelpipe::bench {

// The time and memory that a program took, together with the processes that it waited for.
struct program_usage {
    double wall_s = 0;
    double cpu_s = 0;    // user and system
    double peak_mb = 0;  // resident memory of the largest of its processes
};

// Runs a program to its end. Throws wrong_result, with the end of what it said, when it cannot be started or its status
// is another one than `status`.
program_usage run_program(const std::vector<std::string>& words, int status = 0);

// CPU seconds of all threads of a process so far, by its clock. Throws wrong_result when there is none.
double cpu_s_of(clockid_t);
inline double cpu_s_of_process() { return cpu_s_of(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace reelpipe::bench

#endif
