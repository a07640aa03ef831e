#include "stages/resolve/worker_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "reelpipe/video_source.hpp"
#include "stages/resolve/worker_script.hpp"

extern char** environ;

namespace reelpipe::resolve {

namespace {

constexpr std::size_t max_line_bytes = 8u << 20;

[[noreturn]] void fail_with(int code, const std::string& doing)
{
    throw std::system_error(code, std::generic_category(), doing);
}

class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor()
    {
        if (number_ >= 0) close(number_);
    }
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

// Above the numbers that a child gets, so that setting up one of them never closes another.
int out_of_the_way(int number)
{
    if (number < 0) return number;
    const descriptor original(number);
    return fcntl(number, F_DUPFD_CLOEXEC, 10);
}

int unnamed_file(std::string_view content)
{
    descriptor file(out_of_the_way(memfd_create("reelpipe-worker", MFD_CLOEXEC)));
    if (file.get() < 0) fail_with(errno, "memfd_create");
    if (write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
        fail_with(errno, "write a worker's script");
    return file.release();
}

struct socket_pair {
    socket_pair(int one, int other) : ours(out_of_the_way(one)), theirs(out_of_the_way(other))
    {
        if (ours.get() < 0 || theirs.get() < 0) fail_with(errno, "socketpair");
    }

    descriptor ours;
    descriptor theirs;
};

socket_pair make_sockets()
{
    std::array<int, 2> ends{-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_with(errno, "socketpair");
    return {ends[0], ends[1]};
}

// The files that become descriptors 0, 1 and 2, and 3 of a child; it gets no others.
struct given_files {
    int input;
    int output;
    int extra;
};

// Our environment, in which yt-dlp is told to leave the user's plug-ins alone unless the user said something of them.
std::vector<char*> environment_of_child()
{
    static std::string no_plugins = "YTDLP_NO_PLUGINS=1";
    std::vector<char*> all;
    for (char** each = environ; *each; ++each) all.push_back(*each);
    if (!getenv("YTDLP_NO_PLUGINS")) all.push_back(no_plugins.data());
    all.push_back(nullptr);
    return all;
}

pid_t spawn(std::vector<std::string> words, const given_files& files)
{
    struct spawn_settings {
        spawn_settings()
        {
            posix_spawn_file_actions_init(&files);
            posix_spawnattr_init(&attributes);
        }
        spawn_settings(const spawn_settings&) = delete;
        spawn_settings& operator=(const spawn_settings&) = delete;
        ~spawn_settings()
        {
            posix_spawnattr_destroy(&attributes);
            posix_spawn_file_actions_destroy(&files);
        }
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
    } how;
    posix_spawn_file_actions_adddup2(&how.files, files.input, 0);
    posix_spawn_file_actions_adddup2(&how.files, files.output, 1);
    posix_spawn_file_actions_adddup2(&how.files, files.output, 2);
    posix_spawn_file_actions_adddup2(&how.files, files.extra, 3);
    posix_spawn_file_actions_addclosefrom_np(&how.files, 4);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&how.attributes, &none);
    posix_spawnattr_setsigdefault(&how.attributes, &all);
    posix_spawnattr_setflags(&how.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::vector<char*> environment = environment_of_child();
    pid_t pid = -1;
    const int error =
        posix_spawnp(&pid, arguments[0], &how.files, &how.attributes, arguments.data(), environment.data());
    if (error == ENOENT || error == EACCES || error == ENOEXEC)
        throw source_error(reason::resolver_missing, "cannot start " + words[0] + ": " +
                                                         std::generic_category().message(error) +
                                                         "; install it with: apt-get install python3 yt-dlp");
    if (error) fail_with(error, "cannot start " + words[0]);
    return pid;
}

}  // namespace

// Kills the worker when the time is up, whoever waits for it then reads the end of the stream.
class worker_process::alarm {
public:
    alarm(worker_process& worker, std::chrono::milliseconds deadline)
        : timer_(worker.socket_.get_executor(), deadline), deadline_(deadline)
    {
        // A handler that was due when the alarm was switched off still runs; it must find nothing then.
        timer_.async_wait([&worker, rung = std::weak_ptr<bool>(rung_)](const std::error_code& error) {
            const std::shared_ptr<bool> on = rung.lock();
            if (error || !on) return;
            *on = true;
            worker.kill();
        });
    }

    bool has_rung() const { return *rung_; }
    std::chrono::milliseconds deadline() const { return deadline_; }

private:
    asio::steady_timer timer_;
    std::chrono::milliseconds deadline_;
    std::shared_ptr<bool> rung_ = std::make_shared<bool>(false);
};

worker_process::worker_process(const asio::any_io_executor& executor, const std::string& python) : socket_(executor)
{
    socket_pair sockets = make_sockets();
    const descriptor script(unnamed_file(worker_script));
    descriptor output(unnamed_file({}));
    socket_.assign(asio::local::stream_protocol(), sockets.ours.get());
    sockets.ours.release();
    pid_ = spawn({python, "/proc/self/fd/3", std::to_string(getpid())},
                 {sockets.theirs.get(), output.get(), script.get()});
    output_ = output.release();
}

worker_process::worker_process(const asio::any_io_executor& executor, const std::vector<std::string>& words,
                               const std::string& file)
    : socket_(executor)
{
    socket_pair sockets = make_sockets();
    const descriptor nothing(out_of_the_way(open("/dev/null", O_RDONLY | O_CLOEXEC)));
    if (nothing.get() < 0) fail_with(errno, "/dev/null");
    const descriptor extra(unnamed_file(file));
    socket_.assign(asio::local::stream_protocol(), sockets.ours.get());
    sockets.ours.release();
    // A program does not ask to die with us as our script does; so that is asked for it.
    std::vector<std::string> all{"setpriv", "--pdeathsig", "KILL", "--"};
    all.insert(all.end(), words.begin(), words.end());
    pid_ = spawn(std::move(all), {nothing.get(), sockets.theirs.get(), extra.get()});
}

worker_process::~worker_process()
{
    kill();
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (output_ >= 0) close(output_);
}

void worker_process::kill()
{
    ::kill(-pid_, SIGKILL);
    std::error_code already_down;
    std::ignore = socket_.shutdown(asio::socket_base::shutdown_both, already_down);
}

bool worker_process::is_idle()
{
    char byte = 0;
    const ssize_t got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return received_.empty() && got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<void> worker_process::send(std::string line, std::chrono::milliseconds deadline)
{
    line += '\n';
    const alarm limit(*this, deadline);
    const asio::const_buffer bytes = asio::buffer(line);
    try {
        co_await asio::async_write(socket_, bytes, asio::use_awaitable);
    } catch (const std::system_error& error) {
        fail(error, limit);
    }
}

asio::awaitable<std::string> worker_process::receive(std::chrono::milliseconds deadline)
{
    const alarm limit(*this, deadline);
    auto buffer = asio::dynamic_buffer(received_, max_line_bytes);
    std::size_t size = 0;
    try {
        size = co_await asio::async_read_until(socket_, buffer, '\n', asio::use_awaitable);
    } catch (const std::system_error& error) {
        fail(error, limit);
    }
    std::string line = received_.substr(0, size - 1);
    received_.erase(0, size);
    co_return line;
}

asio::awaitable<std::string> worker_process::receive_all(std::chrono::milliseconds deadline)
{
    const alarm limit(*this, deadline);
    auto buffer = asio::dynamic_buffer(received_, max_line_bytes);
    std::error_code end;
    co_await asio::async_read(socket_, buffer, asio::redirect_error(asio::use_awaitable, end));
    if (!end) end = asio::error::not_found;  // there is more than fits
    if (end != asio::error::eof || limit.has_rung()) fail(std::system_error(end), limit);
    co_return std::move(received_);
}

void worker_process::fail(const std::system_error& error, const alarm& limit) const
{
    if (limit.has_rung())
        throw worker_late("the resolver did not answer within " + std::to_string(limit.deadline().count()) + " ms");
    if (error.code() == asio::error::operation_aborted) throw error;
    if (error.code() == asio::error::not_found)
        throw worker_died("the resolver sent more in one piece than " + std::to_string(max_line_bytes) + " bytes");
    throw worker_died("the resolver died: " + std::string(error.what()) + last_words());
}

std::string worker_process::last_words() const
{
    if (output_ < 0) return {};
    constexpr off_t most = 2000;
    const off_t size = lseek(output_, 0, SEEK_END);
    std::string words(static_cast<std::size_t>(std::min(std::max<off_t>(size, 0), most)), '\0');
    const ssize_t got = pread(output_, words.data(), words.size(), size - static_cast<off_t>(words.size()));
    words.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return words.empty() ? words : "; it said: " + words;
}

}  // namespace reelpipe::resolve
