#ifndef REELPIPE_STAGES_RESOLVE_WORKER_PROCESS_HPP
#define REELPIPE_STAGES_RESOLVE_WORKER_PROCESS_HPP

#include <sys/types.h>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/local/stream_protocol.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace reelpipe::resolve {

// The worker is gone, hangs, or sends what is no line; it is of no further use.
class worker_died : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// It did not answer in time.
class worker_late : public worker_died {
public:
    using worker_died::worker_died;
};

// A child process that runs worker.py, or another program, with a socket to it. It is killed and reaped with its owner,
// and dies with the thread that started it.
//
// The child leads a process group of its own: what it starts dies with it, and ^C on the terminal does not reach it, so
// that an interrupted run can finish what it has begun. It inherits no descriptor but those that it is meant to have.
class worker_process {
public:
    // Throws source_error (resolver_missing) if `python` cannot be started.
    worker_process(const asio::any_io_executor& executor, const std::string& python);

    // Another program, which only talks: `file` is what it reads under /proc/self/fd/3. Throws source_error
    // (resolver_missing) if it cannot be started.
    worker_process(const asio::any_io_executor& executor, const std::vector<std::string>& words,
                   const std::string& file);
    worker_process(const worker_process&) = delete;
    worker_process& operator=(const worker_process&) = delete;
    ~worker_process();

    // One line each way, without its end. Past the deadline the child is killed. Throws worker_died, worker_late.
    asio::awaitable<void> send(std::string line, std::chrono::milliseconds deadline);
    asio::awaitable<std::string> receive(std::chrono::milliseconds deadline);

    // All that it prints until its end. Past the deadline the child is killed. Throws worker_died.
    asio::awaitable<std::string> receive_all(std::chrono::milliseconds deadline);

    // False if it has ended, or says something without being asked.
    bool is_idle();

private:
    class alarm;

    void kill();
    std::string last_words() const;
    [[noreturn]] void fail(const std::system_error& error, const alarm& limit) const;

    asio::local::stream_protocol::socket socket_;
    int output_ = -1;  // unnamed file that takes what the worker prints
    pid_t pid_ = -1;
    std::string received_;
};

}  // namespace reelpipe::resolve

#endif
