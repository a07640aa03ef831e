#include "isolation/sandbox.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace reelpipe {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
constexpr bool under_sanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool under_sanitizer = false;
#endif

constexpr int allowed[] = {
    // the socket, and what came over it
    SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(close),
    // memory
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
    // threads, locks, time
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrusage), SCMP_SYS(getrandom),
    // the end, a bad one included
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(tgkill), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

void check(int code, const char* doing)
{
    if (code < 0) throw std::system_error(-code, std::generic_category(), doing);
}

// A limit that is lower already stays, as only the superuser can raise it. Returns what holds.
std::uint64_t limit(__rlimit_resource what, std::uint64_t most)
{
    rlimit both{};
    if (getrlimit(what, &both) != 0)
        throw std::system_error(errno, std::generic_category(), "look at a worker's limits");
    most = std::min<std::uint64_t>(most, both.rlim_max);
    both = {most, most};
    if (setrlimit(what, &both) != 0) throw std::system_error(errno, std::generic_category(), "limit a worker");
    return most;
}

void forbid_system_calls()
{
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    if (!filter) throw std::system_error(ENOMEM, std::generic_category(), "set up a worker's sandbox");
    for (const int call : allowed) check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0), "allow a call");
    // New threads, but no new processes. The arguments of clone3 stand in memory, where a filter cannot look: told that
    // there is no such call, the C library takes clone.
    const scmp_arg_cmp of_a_thread{
        .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = CLONE_THREAD};
    check(seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &of_a_thread), "allow threads");
    check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "deny processes");
    check(seccomp_load(filter.get()), "enter a worker's sandbox");
}

}  // namespace

std::uint64_t enter_sandbox(std::uint64_t memory)
{
    limit(RLIMIT_CORE, 0);
    if (under_sanitizer) return memory;
    const std::uint64_t granted = limit(RLIMIT_AS, memory);
    forbid_system_calls();
    return granted;
}

}  // namespace reelpipe
