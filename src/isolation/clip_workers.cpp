#include "isolation/clip_workers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "isolation/answers.hpp"
#include "isolation/lent_files.hpp"
#include "isolation/message_socket.hpp"
#include "isolation/sandbox.hpp"
#include "media/error.hpp"
#include "reelpipe/clip_worker.hpp"

extern char** environ;

namespace reelpipe {

namespace {

[[noreturn]] void fail(int code, const std::string& doing)
{
    throw worker_unavailable(code, std::generic_category(), doing);
}

// What the dynamic loader, the C library and sanitizers look for. The rest of the environment, credentials of proxies
// among it, is none of a worker's business.
std::vector<char*> environment_of_worker()
{
    static constexpr std::string_view wanted[] = {
        "LD_LIBRARY_PATH=", "LD_PRELOAD=",    "GLIBC_TUNABLES=", "ASAN_OPTIONS=",
        "LSAN_OPTIONS=",    "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
    std::vector<char*> all;
    for (char** each = environ; *each; ++each)
        if (std::ranges::any_of(wanted,
                                [each](std::string_view name) { return std::string_view(*each).starts_with(name); }))
            all.push_back(*each);
    all.push_back(nullptr);
    return all;
}

// `errors`: its standard error stream; under a sanitizer that is ours, so that reports are seen.
pid_t spawn(std::string program, int socket, int errors)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!under_sanitizer) posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, socket, clip_worker_socket);
    posix_spawn_file_actions_addclosefrom_np(&files, clip_worker_socket + 1);
    // A group of its own: what the terminal sends to the run is for the run to decide upon.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::string word = "clip-worker";
    std::array<char*, 3> words{program.data(), word.data(), nullptr};
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, program.c_str(), &files, &attributes, words.data(), environment_of_worker().data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error) fail(error, "start a clip worker: " + program);
    return pid;
}

struct two_ends {
    isolation::owned_descriptor near, far;
};

// The child's end must not have a number that it is to get there: a copy onto itself would be closed by exec.
two_ends ends_of(std::array<int, 2> both)
{
    isolation::owned_descriptor near(both[0]);
    const isolation::owned_descriptor low(both[1]);
    isolation::owned_descriptor far(fcntl(low.number(), F_DUPFD_CLOEXEC, clip_worker_socket + 1));
    if (far.number() < 0) fail(errno, "talk to a clip worker");
    return {std::move(near), std::move(far)};
}

two_ends make_socket()
{
    std::array<int, 2> both{-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) != 0) fail(errno, "talk to a clip worker");
    return ends_of(both);
}

// What is too much for it is dropped: nobody reads it before the worker is dead.
two_ends make_pipe()
{
    std::array<int, 2> both{-1, -1};
    if (pipe2(both.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "talk to a clip worker");
    return ends_of(both);
}

}  // namespace

// One process and our end of the socket to it. Ended and reaped with its owner.
class clip_workers::worker {
public:
    explicit worker(const std::string& program) : worker(program, make_socket(), make_pipe()) {}
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker()
    {
        kill();
        wait();
    }

    int socket() const { return socket_.number(); }
    void kill() const
    {
        if (pid_ > 0) ::kill(pid_, SIGKILL);  // 0 and -1 would be others
    }

    // Also against loops that no deadline of ours sees because this process is stopped or gone. Not granted in
    // containers whose superuser may not limit processes of other users.
    void limit_cpu(std::chrono::seconds more) const
    {
        clockid_t clock{};
        timespec used{};
        if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return;
        const rlimit limit{static_cast<rlim_t>(used.tv_sec + more.count() + 1), RLIM_INFINITY};
        prlimit(pid_, RLIMIT_CPU, &limit, nullptr);
    }

    struct ending {
        std::string how;
        bool by_others = false;  // a signal that the work itself does not raise
        bool took_its_time = false;
        std::uint64_t memory = 0;  // the most that it held
    };

    // Once its end of the socket is closed.
    ending death()
    {
        const auto [status, memory] = wait();
        if (!WIFSIGNALED(status))
            return {.how = fmt::format("ended with status {}{}", WEXITSTATUS(status), last_words()), .memory = memory};
        const int signal = WTERMSIG(status);
        return {.how = fmt::format("was killed by signal {} ({}){}", signal, strsignal(signal), last_words()),
                .by_others = std::ranges::find(own_signals, signal) == own_signals.end(),
                .took_its_time = signal == SIGXCPU,
                .memory = memory};
    }

    // Bytes of address space that the worker may use.
    std::uint64_t memory() const { return memory_; }
    void may_have(std::uint64_t memory) { memory_ = memory; }

private:
    static constexpr std::array own_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU};

    worker(const std::string& program, two_ends socket, two_ends errors)
        : socket_(std::move(socket.near)),
          errors_(std::move(errors.near)),
          pid_(spawn(program, socket.far.number(), errors.far.number()))
    {
    }

    // What it wrote to its standard error stream: a few words of it, as text.
    std::string last_words() const
    {
        std::array<char, 200> bytes{};
        const ssize_t got = read(errors_.number(), bytes.data(), bytes.size());
        if (got <= 0) return {};
        std::string words(bytes.data(), static_cast<std::size_t>(got));
        while (!words.empty() && words.back() == '\n') words.pop_back();
        std::ranges::replace_if(words, [](char c) { return c < ' ' || c > '~'; }, ' ');
        return ": " + words;
    }

    struct remains {
        int status = 0;
        std::uint64_t memory = 0;
    };
    remains wait()
    {
        remains left;
        rusage used{};
        while (pid_ > 0 && wait4(pid_, &left.status, 0, &used) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        left.memory = static_cast<std::uint64_t>(used.ru_maxrss) << 10;
        return left;
    }

    const isolation::owned_descriptor socket_, errors_;
    pid_t pid_ = -1;
    std::uint64_t memory_ = 0;
};

namespace {

constexpr std::chrono::seconds max_start{60};  // of a process, on a machine that is busy

[[noreturn]] void throw_stopped()
{
    throw std::system_error(std::make_error_code(std::errc::operation_canceled), "work on a clip");
}

// A process that died or lied while it worked on a video; what is known of the video is for who started it to say.
struct worker_died : std::runtime_error {
    explicit worker_died(const std::string& how, bool killed = false, std::uint64_t most = 0)
        : std::runtime_error("its worker process " + how), by_others(killed), memory(most)
    {
    }
    bool by_others;
    std::uint64_t memory;
};

}  // namespace

clip_workers::clip_workers(std::filesystem::path program, std::chrono::seconds deadline)
    : program_(std::move(program)), deadline_(deadline)
{
}

clip_workers::~clip_workers() = default;

void clip_workers::try_to_start() { give_back(start({})); }

// Whatever keeps a process from getting ready would keep it from any video. Only one that somebody kills is started
// again.
std::unique_ptr<clip_workers::worker> clip_workers::start(const std::stop_token& stop, bool is_second) const
{
    auto one = std::make_unique<worker>(program_.string());
    const auto unavailable = [this](const std::string& why) {
        return worker_unavailable(std::make_error_code(std::errc::operation_not_permitted),
                                  fmt::format("a clip worker ({}) {}", program_.string(), why));
    };
    const std::stop_callback at_a_stop(stop, [&one] { one->kill(); });
    std::optional<nlohmann::json> word;
    try {
        word = isolation::receive_answer(one->socket(), isolation::max_short_answer,
                                         std::chrono::steady_clock::now() + max_start);
        if (word && !isolation::is_error(*word)) one->may_have(word->at(0));
    } catch (const std::exception& e) {
        throw unavailable(fmt::format("does not get ready: {}", e.what()));
    }
    if (stop.stop_requested()) throw_stopped();
    if (!word) {
        const worker::ending end = one->death();
        if (end.by_others && !is_second) return start(stop, true);
        throw unavailable(end.how + " before it was ready");
    }
    if (isolation::is_error(*word))
        throw unavailable(fmt::format("cannot enter its sandbox: {}", word->value("text", "")));
    return one;
}

// One that has spoken without being asked, or is gone, is not asked for more.
std::unique_ptr<clip_workers::worker> clip_workers::take(const std::stop_token& stop)
{
    for (;;) {
        std::unique_ptr<worker> one;
        {
            const mutex_lock guard(mutex_);
            if (idle_.empty()) break;
            one = std::move(idle_.back());
            idle_.pop_back();
        }
        if (!isolation::has_more(one->socket())) return one;
    }
    return start(stop);
}

void clip_workers::give_back(std::unique_ptr<worker> one)
{
    const mutex_lock guard(mutex_);
    idle_.push_back(std::move(one));
}

// A job, and what may come of it.
struct clip_workers::question {
    nlohmann::json job{};
    std::vector<int> descriptors{};
    int output = -1;
    std::size_t max_answer = 0;
    std::function<void(const nlohmann::json&)> accept{};  // throws for what is no answer to it
};

nlohmann::json clip_workers::hear(worker& one, const question& asked, const std::stop_token& stop) const
{
    std::optional<nlohmann::json> answer;
    {
        const std::stop_callback at_a_stop(stop, [&one] { one.kill(); });
        try {
            one.limit_cpu(deadline_);
            const isolation::deadline until = std::chrono::steady_clock::now() + deadline_;
            isolation::send(one.socket(), asked.job, isolation::lent_files(asked.descriptors, asked.output).numbers(),
                            until);
            answer = isolation::receive_answer(one.socket(), asked.max_answer, until);
        } catch (const std::system_error& e) {
            if (e.code() == std::errc::timed_out)
                throw media::process_died(fmt::format("its worker process took longer than {} s", deadline_.count()));
            // How a worker ended that is gone while it is talked to is told below.
            if (e.code() != std::errc::broken_pipe && e.code() != std::errc::connection_reset) throw;
        }
    }
    if (stop.stop_requested()) throw_stopped();
    if (!answer) {
        const worker::ending end = one.death();
        if (end.took_its_time) throw media::process_died("its worker process " + end.how);
        throw worker_died(end.how, end.by_others, end.memory);
    }
    return std::move(*answer);
}

// What a library says of a text that is no message may quote it, and it may be long.
void clip_workers::ask(worker& one, const question& asked, const std::stop_token& stop) const
try {
    const nlohmann::json answer = hear(one, asked, stop);
    if (isolation::is_error(answer) && isolation::is_want_of_memory(answer) && one.memory() < isolation::worker_memory)
        throw worker_killed(fmt::format("it takes more than the {} MB of memory that this machine grants (ulimit -v)",
                                        one.memory() / 1'000'000));
    asked.accept(answer);
} catch (const nlohmann::json::exception& e) {
    throw worker_died(fmt::format("sent an invalid answer (JSON, {})", e.id));
} catch (const std::invalid_argument& e) {
    throw worker_died(fmt::format("sent an invalid answer: {}", e.what()));
}

// A worker that keeps the clip might write on it after it was verified. Such a one is ended before that.
//
// A process may die of what it did before, and of what others take: only a second one, which has done nothing else, and
// which nobody killed, says something of the video. The same holds for lies.
void clip_workers::answer(const question& asked, const std::stop_token& stop)
{
    bool alone = false;
    try {
        const memory_turns::turn mine(turns_, alone, stop);
        std::unique_ptr<worker> one = take(stop);
        ask(*one, asked, stop);
        if (asked.output < 0 || isolation::is_let_go(asked.output)) give_back(std::move(one));
        return;
    } catch (const worker_died& e) {
        alone = e.by_others;
        if (alone) turns_.has_taken(e.memory);
    }
    if (asked.output >= 0 && ftruncate(asked.output, 0) != 0)
        throw std::system_error(errno, std::generic_category(), "clear a clip");
    try {
        const memory_turns::turn mine(turns_, alone, stop);
        const std::unique_ptr<worker> one = start(stop);
        ask(*one, asked, stop);
    } catch (const worker_died& e) {
        if (e.by_others) throw worker_killed(e.what());
        throw media::process_died(fmt::format("{}, twice", e.what()));
    }
}

template <class Job>
auto clip_workers::call(const Job& job, const std::vector<int>& descriptors, const std::stop_token& stop, int output)
{
    std::optional<decltype(isolation::result_in({}, job))> result;
    std::exception_ptr error;
    const question asked{.job = isolation::to_message(job),
                         .descriptors = descriptors,
                         .output = output,
                         .max_answer = isolation::max_answer(job),
                         .accept = [&](const nlohmann::json& answer) {
                             if (isolation::is_error(answer))
                                 error = isolation::error_in(answer);
                             else
                                 result = isolation::result_in(answer, job);
                         }};
    answer(asked, stop);
    if (error) std::rethrow_exception(error);
    return *result;
}

cut::result clip_workers::cut(const cut::input& video, segment wanted, int output, const cut::options& how,
                              std::stop_token stop)
{
    const isolation::cut_job job{.video = video, .wanted = wanted, .how = how, .output = output};
    return call(job, isolation::descriptors_of(job), stop, output);
}

verify::facts clip_workers::verify(int clip, const verify::expectation& expected, std::stop_token stop)
{
    const isolation::verify_job job{.clip = clip, .expected = expected};
    return call(job, {clip}, stop);
}

verify::facts clip_workers::verify_file(const std::filesystem::path& path, const verify::expectation& expected,
                                        std::stop_token stop)
{
    const verify::clip_file file(path);
    return verify(file.descriptor(), expected, std::move(stop));
}

cut::still clip_workers::still(int clip, std::chrono::microseconds at, int short_side, std::stop_token stop)
{
    const isolation::still_job job{.clip = media::whole_file(clip), .at = at, .short_side = short_side};
    return call(job, {clip}, stop);
}

media::clip_hashes clip_workers::hash_file(const std::filesystem::path& path, std::stop_token stop)
{
    const verify::clip_file file(path);
    return call(isolation::hash_job{.clip = file.descriptor()}, {file.descriptor()}, stop);
}

verify::facts clip_workers::survey(int file, bool decodable, std::stop_token stop)
{
    const isolation::survey_job job{.file = file, .decodable = decodable};
    return call(job, {file}, stop);
}

media::span_plan clip_workers::plan(const media::partial_file& file, const std::vector<segment>& wanted,
                                    media::stream_selection kind, std::stop_token stop)
{
    const isolation::plan_job job{.file = file, .wanted = wanted, .kind = kind};
    return call(job, {file.descriptor}, stop);
}

fetch::segment_run_info clip_workers::probe_segment_run(const media::partial_file& file,
                                                        const std::optional<fetch::playlist_clock>& clock,
                                                        const segment& wanted, media::stream_selection kind,
                                                        std::stop_token stop)
{
    const isolation::look_job job{.file = file, .clock = clock, .wanted = wanted, .kind = kind};
    return call(job, {file.descriptor}, stop);
}

}  // namespace reelpipe
