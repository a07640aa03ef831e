#include "runner/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "runner/contest.hpp"

extern char** environ;

namespace reelpipe::bench {

namespace {

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// What a program says, in case that it fails.
class said {
public:
    said() : descriptor_(memfd_create("said", 0))
    {
        if (descriptor_ < 0) throw wrong_result("no memory for what a program says");
    }
    said(const said&) = delete;
    said& operator=(const said&) = delete;
    ~said() { close(descriptor_); }
    int descriptor() const { return descriptor_; }
    std::string end() const
    {
        std::array<char, 2000> text{};
        const off_t size = lseek(descriptor_, 0, SEEK_END);
        const ssize_t got =
            pread(descriptor_, text.data(), text.size(), std::max<off_t>(size - static_cast<off_t>(text.size()), 0));
        return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    }

private:
    int descriptor_;
};

}  // namespace

program_usage run_program(const std::vector<std::string>& words, int status)
{
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    const said text;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, text.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, text.descriptor(), STDERR_FILENO);
    const auto begun = std::chrono::steady_clock::now();
    pid_t child = 0;
    const int error = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw wrong_result("cannot start " + words[0]);

    int ended = 0;
    rusage used{};  // of the children that it waited for, too
    if (wait4(child, &ended, 0, &used) != child || !WIFEXITED(ended) || WEXITSTATUS(ended) != status)
        throw wrong_result(fmt::format("{} did not end with status {}: {}", words[0], status, text.end()));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return {.wall_s = took.count(),
            .cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
            .peak_mb = static_cast<double>(used.ru_maxrss) * 1024 / 1e6};
}

}  // namespace reelpipe::bench
