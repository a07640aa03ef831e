#ifndef REELPIPE_TESTS_CLI_CHILDREN_HPP
#define REELPIPE_TESTS_CLI_CHILDREN_HPP

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace reelpipe::test {

// Processes that a process has started and that still work for it.
inline std::vector<pid_t> children_of(pid_t parent)
{
    std::vector<pid_t> found;
    for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", parent))) {
        std::ifstream of_task(task.path() / "children");
        for (pid_t child = 0; of_task >> child;) found.push_back(child);
    }
    return found;
}

// True if the process has written to its standard error stream, a pipe, what nobody has read yet.
inline bool has_unheard_words(pid_t pid)
{
    const int words = open(fmt::format("/proc/{}/fd/2", pid).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (words < 0) return false;
    int waiting = 0;
    const bool is_known = ioctl(words, FIONREAD, &waiting) == 0;
    close(words);
    return is_known && waiting > 0;
}

}  // namespace reelpipe::test

#endif
