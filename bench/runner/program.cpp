#include "runner/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "runner/contest.hpp"

extern char** environ;

namespace reelpipe::bench {

namespace {

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

program_usage run_program(const std::vector<std::string>& words, int status)
{
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t silently;
    posix_spawn_file_actions_init(&silently);
    posix_spawn_file_actions_addopen(&silently, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&silently, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    const auto begun = std::chrono::steady_clock::now();
    pid_t child = 0;
    const int error = posix_spawnp(&child, arguments[0], &silently, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&silently);
    if (error != 0) throw wrong_result("cannot start " + words[0]);

    int ended = 0;
    rusage used{};
    if (wait4(child, &ended, 0, &used) != child || !WIFEXITED(ended) || WEXITSTATUS(ended) != status)
        throw wrong_result(fmt::format("{} ended with {:#x}, not with status {}", words[0], ended, status));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return {.wall_s = took.count(),
            .cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
            .peak_mb = static_cast<double>(used.ru_maxrss) * 1024 / 1e6};
}

}  // namespace reelpipe::bench
