// A library for LD_PRELOAD that takes from a program what some file systems and machines do not have. The environment
// variable LACKS says what: words with a comma behind each. So does the name that LD_PRELOAD has for this library,
// which is all that a clip worker is given.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

bool lacks(const std::string& what)
{
    for (const char* const name : {"LACKS", "LD_PRELOAD"}) {
        const char* const all = std::getenv(name);
        if (all && std::string(all).find(what + ",") != std::string::npos) return true;
    }
    return false;
}

int refuse(int error)
{
    errno = error;
    return -1;
}

template <class Function> Function real(const char* name) { return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name)); }

bool is_posix_lock(int command) { return command == F_SETLK || command == F_SETLKW || command == F_GETLK; }

bool is_any_lock(int command) { return is_posix_lock(command) || command == F_OFD_SETLK || command == F_OFD_SETLKW; }

int control(const char* name, int descriptor, int command, void* argument)
{
    if (lacks("posix locks") && is_posix_lock(command)) return refuse(ENOLCK);
    if (lacks("locks of all kinds") && is_any_lock(command)) return refuse(ENOLCK);
    return real<int (*)(int, int, ...)>(name)(descriptor, command, argument);
}

}  // namespace

// The C library declares parameters that must not be null, which a caller that is no C++ may pass for all that.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): those of the C library are reserved
extern "C" {

int link(const char* from, const char* to) noexcept
{
    if (lacks("links")) return refuse(EPERM);
    return real<int (*)(const char*, const char*)>("link")(from, to);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept
{
    if (lacks("links")) return refuse(EPERM);
    return real<int (*)(int, const char*, int, const char*, int)>("linkat")(from_folder, from, to_folder, to, flags);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept
{
    if (lacks("renames that replace nothing")) return refuse(EINVAL);
    return real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2")(from_folder, from, to_folder, to,
                                                                                    flags);
}

int rename(const char* from, const char* to) noexcept
{
    if (lacks("renames")) return refuse(EPERM);
    return real<int (*)(const char*, const char*)>("rename")(from, to);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept
{
    if (lacks("renames")) return refuse(EPERM);
    return real<int (*)(int, const char*, int, const char*)>("renameat")(from_folder, from, to_folder, to);
}

int flock(int descriptor, int operation) noexcept
{
    if (lacks("flock") || lacks("locks of all kinds")) return refuse(ENOSYS);
    return real<int (*)(int, int)>("flock")(descriptor, operation);
}

int fcntl(int descriptor, int command, ...)
{
    va_list more;
    va_start(more, command);
    void* const argument = va_arg(more, void*);
    va_end(more);
    return control("fcntl", descriptor, command, argument);
}

int fcntl64(int descriptor, int command, ...)
{
    va_list more;
    va_start(more, command);
    void* const argument = va_arg(more, void*);
    va_end(more);
    return control("fcntl64", descriptor, command, argument);
}

void* mmap(void* at, size_t length, int protection, int flags, int descriptor, off_t offset) noexcept
{
    if (lacks("shared memory") && descriptor >= 0 && (flags & MAP_SHARED)) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    using function = void* (*)(void*, size_t, int, int, int, off_t);
    return real<function>("mmap")(at, length, protection, flags, descriptor, offset);
}

void* mmap64(void* at, size_t length, int protection, int flags, int descriptor, off64_t offset) noexcept
{
    return mmap(at, length, protection, flags, descriptor, offset);
}

int seccomp_load(const void* filter)
{
    if (lacks("seccomp")) return -EPERM;
    return real<int (*)(const void*)>("seccomp_load")(filter);
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
