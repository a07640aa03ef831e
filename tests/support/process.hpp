#ifndef REELPIPE_TESTS_PROCESS_HPP
#define REELPIPE_TESTS_PROCESS_HPP

#include <sys/types.h>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace reelpipe::test {

// The result of a program that has ended. If a signal killed it, status is 128 + the signal's number, as in a shell.
struct finished {
    int status = -1;
    std::string out;
    std::string err;
};

// A child process. No shell: the words are passed as they are. Killed and reaped with its owner.
class process {
public:
    // `environment`: "NAME=value" entries on top of the test's own.
    explicit process(std::vector<std::string> words, std::vector<std::string> environment = {},
                     std::string standard_input = {});
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process();

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    std::string errors_so_far();  // what it has written to stderr until now
    std::string output_so_far();

    bool has_ended() const;  // it may be waited for without waiting

    // Waits for its end; past `deadline` it is killed and std::runtime_error thrown. It is long, as a program with a
    // sanitizer beside others takes ten times as long.
    finished wait(std::chrono::seconds deadline = std::chrono::seconds(400));

private:
    pid_t pid_ = -1;
    int out_ = -1;  // unnamed files: a child never blocks on a reader that does not read
    int err_ = -1;
    bool reaped_ = false;
};

finished run(std::vector<std::string> words, std::vector<std::string> environment = {},
             std::string standard_input = {});

// Like run(), but a status other than 0 throws std::runtime_error with what the program said. Returns stdout.
std::string output_of(std::vector<std::string> words);

}  // namespace reelpipe::test

#endif
