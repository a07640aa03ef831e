#include "runner/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "runner/contest.hpp"

namespace reelpipe::bench {

namespace {

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// The output of a program, kept in case it fails.
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

// Not posix_spawn(): a process that begins in its parent's memory has the parent's peak for its own.
pid_t start(const std::vector<char*>& arguments, int output)
{
    malloc_trim(0);
    const pid_t child = fork();
    if (child < 0) throw wrong_result(std::string("cannot start ") + arguments[0]);
    if (child > 0) return child;
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    dprintf(STDERR_FILENO, "cannot be started");
    _exit(127);
}

}  // namespace

program_usage run_program(const std::vector<std::string>& words, int status)
{
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    const said text;
    const auto begun = std::chrono::steady_clock::now();
    const pid_t child = start(arguments, text.descriptor());

    int ended = 0;
    rusage used{};  // of the children that it waited for, too
    if (wait4(child, &ended, 0, &used) != child || !WIFEXITED(ended) || WEXITSTATUS(ended) != status)
        throw wrong_result(fmt::format("{} did not end with status {}: {}", words[0], status, text.end()));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return {.wall_s = took.count(),
            .cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
            .peak_mb = static_cast<double>(used.ru_maxrss) * 1024 / 1e6};
}

double cpu_s_of(clockid_t clock)
{
    timespec used{};
    if (clock_gettime(clock, &used) != 0) throw wrong_result("a process has no clock");
    return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace reelpipe::bench
