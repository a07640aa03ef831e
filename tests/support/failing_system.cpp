// A library for LD_PRELOAD in which one call of a program fails, as calls do on a bad day. The environment variable
// FAILS names it: "fsync 17" is the 17th of its kind, "count" none. COUNTS is a file that gets the number of calls of
// each kind when the program ends. Processes that the program starts are left alone; "worker" kills one of them.

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

struct kind {
    const char* name;
    std::atomic<long> calls{0};
};

enum kinds { connecting, sending, receiving, answering, opening, reading, writing, syncing, linking, working };

std::array<kind, 10> all{
    {{"connect"}, {"send"}, {"receive"}, {"answer"}, {"open"}, {"read"}, {"write"}, {"sync"}, {"link"}, {"worker"}}};
// Plain bytes: functions of the library run before and after the lifetime of its objects.
std::array<char, 16> failing{};  // empty in processes that the program has started
long failing_call = 0;
std::atomic<pid_t> last_worker{0};

template <class Function> Function real(const char* name) { return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name)); }

// Whether this call, of all of its kind, is the one.
bool fails(kinds which)
{
    kind& calls = all[which];
    return ++calls.calls == failing_call && std::string_view(failing.data()) == calls.name;
}

ssize_t refuse(int error)
{
    errno = error;
    return -1;
}

__attribute__((constructor)) void begin()
{
    const char* const wanted = std::getenv("FAILS");
    if (!wanted) return;
    std::sscanf(wanted, "%15s %ld", failing.data(), &failing_call);
    unsetenv("FAILS");
}

__attribute__((destructor)) void end()
{
    const char* const file = std::getenv("COUNTS");
    if (!file || failing[0] == 0) return;
    std::FILE* const out = std::fopen(file, "w");
    if (!out) return;
    for (const kind& each : all) std::fprintf(out, "%s %ld\n", each.name, each.calls.load());
    std::fclose(out);
}

int open_by(const char* name, const char* path, int flags, mode_t mode)
{
    if (fails(opening)) return static_cast<int>(refuse(EMFILE));
    return real<int (*)(const char*, int, ...)>(name)(path, flags, mode);
}

mode_t mode_in(int flags, va_list more)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

}  // namespace

// The C library declares parameters that must not be null, which a caller that is no C++ may pass for all that.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): those of the C library are reserved
extern "C" {

int connect(int socket, const sockaddr* address, socklen_t length)
{
    if (fails(connecting)) return static_cast<int>(refuse(ECONNREFUSED));
    return real<int (*)(int, const sockaddr*, socklen_t)>("connect")(socket, address, length);
}

ssize_t send(int socket, const void* data, size_t size, int flags)
{
    if (fails(sending)) return refuse(ECONNRESET);
    return real<ssize_t (*)(int, const void*, size_t, int)>("send")(socket, data, size, flags);
}

// A server's answer fails in two ways: the connection breaks, or the answer is 503.
ssize_t recv(int socket, void* data, size_t size, int flags)
{
    if (fails(receiving)) return refuse(ECONNRESET);
    const ssize_t got = real<ssize_t (*)(int, void*, size_t, int)>("recv")(socket, data, size, flags);
    constexpr std::string_view head = "HTTP/1.1 ";
    const std::string_view text(static_cast<const char*>(data), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (text.size() > head.size() + 3 && text.substr(0, head.size()) == head && fails(answering))
        std::memcpy(static_cast<char*>(data) + head.size(), "503", 3);
    return got;
}

int open(const char* path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_in(flags, more);
    va_end(more);
    return open_by("open", path, flags, mode);
}

int open64(const char* path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_in(flags, more);
    va_end(more);
    return open_by("open64", path, flags, mode);
}

ssize_t pread64(int file, void* data, size_t size, off64_t offset)
{
    if (fails(reading)) return refuse(EIO);
    return real<ssize_t (*)(int, void*, size_t, off64_t)>("pread64")(file, data, size, offset);
}

ssize_t pread(int file, void* data, size_t size, off_t offset) { return pread64(file, data, size, offset); }

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset)
{
    if (fails(writing)) return refuse(ENOSPC);
    return real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64")(file, data, size, offset);
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) { return pwrite64(file, data, size, offset); }

int fsync(int file)
{
    if (fails(syncing)) return static_cast<int>(refuse(EIO));
    return real<int (*)(int)>("fsync")(file);
}

int fdatasync(int file)
{
    if (fails(syncing)) return static_cast<int>(refuse(EIO));
    return real<int (*)(int)>("fdatasync")(file);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept
{
    if (fails(linking)) return static_cast<int>(refuse(EIO));
    return real<int (*)(int, const char*, int, const char*, int)>("linkat")(from_folder, from, to_folder, to, flags);
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const* arguments, char* const* environment)
{
    using function = int (*)(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*,
                             char* const*, char* const*);
    const int error = real<function>("posix_spawn")(pid, path, actions, attributes, arguments, environment);
    if (error == 0) last_worker = *pid;
    return error;
}

// Work goes to a worker with the descriptors of its files.
ssize_t sendmsg(int socket, const msghdr* message, int flags)
{
    const ssize_t sent = real<ssize_t (*)(int, const msghdr*, int)>("sendmsg")(socket, message, flags);
    if (message->msg_controllen != 0 && fails(working) && last_worker > 0) kill(last_worker, SIGKILL);
    return sent;
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
