#include "support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

namespace reelpipe::test {

namespace {

int unnamed_file(std::string_view content = {})
{
    const int fd = memfd_create("reelpipe-test", MFD_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    if (!content.empty() && write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
        throw std::runtime_error("cannot hand over the standard input");
    lseek(fd, 0, SEEK_SET);
    return fd;
}

std::string content_of(int fd)
{
    std::string text(static_cast<std::size_t>(std::max<off_t>(lseek(fd, 0, SEEK_END), 0)), '\0');
    const ssize_t got = pread(fd, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
}

std::vector<char*> pointers(std::vector<std::string>& words)
{
    std::vector<char*> all;
    all.reserve(words.size() + 1);
    for (std::string& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

}  // namespace

process::process(std::vector<std::string> words, std::vector<std::string> environment, std::string standard_input)
    : out_(unnamed_file()), err_(unnamed_file())
{
    for (char** inherited = environ; *inherited; ++inherited) {
        const std::string_view entry = *inherited;
        const std::string_view name = entry.substr(0, entry.find('=') + 1);
        if (std::ranges::none_of(environment, [name](const std::string& e) { return e.starts_with(name); }))
            environment.emplace_back(entry);
    }
    const int in = unnamed_file(standard_input);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out_, 1);
    posix_spawn_file_actions_adddup2(&files, err_, 2);
    // A shell lets what runs in its background ignore ^C, and that would be inherited.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    posix_spawnattr_setsigdefault(&attributes, &interrupt);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int failed = posix_spawnp(&pid_, words.at(0).c_str(), &files, &attributes, pointers(words).data(),
                                    pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    close(in);
    if (failed) {
        close(out_);
        close(err_);
        throw std::system_error(failed, std::generic_category(), "start " + words[0]);
    }
}

process::~process()
{
    if (!reaped_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
}

void process::signal(int number) const
{
    if (!reaped_) kill(pid_, number);
}

bool process::has_ended() const
{
    siginfo_t ended{};
    return reaped_ ||
           (waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0);
}

std::string process::errors_so_far() { return content_of(err_); }
std::string process::output_so_far() { return content_of(out_); }

finished process::wait(std::chrono::seconds deadline)
{
    const auto end = std::chrono::steady_clock::now() + deadline;
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > end) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
            reaped_ = true;
            throw std::runtime_error("still running at its deadline; stderr: " + errors_so_far());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // polls; the deadline decides, not the pause
    }
    reaped_ = true;
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), output_so_far(), errors_so_far()};
}

finished run(std::vector<std::string> words, std::vector<std::string> environment, std::string standard_input)
{
    process child(std::move(words), std::move(environment), std::move(standard_input));
    return child.wait();
}

std::string output_of(std::vector<std::string> words)
{
    const std::string name = words.at(0);
    finished end = run(std::move(words));
    if (end.status != 0) throw std::runtime_error(name + " failed: " + end.err);
    return std::move(end.out);
}

}  // namespace reelpipe::test
