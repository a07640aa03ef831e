#include "isolation/sandbox.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <tuple>

namespace reelpipe {

namespace {

constexpr std::uint64_t max_clip_bytes = 64ULL << 30;
constexpr std::uint64_t max_open_files = 32;  // three of a job, and those that every process has

constexpr int allowed[] = {
    // the socket, and what came over it
    SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(close),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // threads, locks, time
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrusage), SCMP_SYS(getrandom),
    // the end, a bad one included
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit), SCMP_SYS(exit_group)};

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
    const auto allow = [&filter](int call, const scmp_arg_cmp& argument) {
        check(seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &argument), "allow a call");
    };
    // No memory becomes code.
    const scmp_arg_cmp not_code{.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
    allow(SCMP_SYS(mmap), not_code);
    allow(SCMP_SYS(mprotect), not_code);
    // abort() signals its own thread.
    allow(SCMP_SYS(tgkill),
          {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = static_cast<scmp_datum_t>(getpid()), .datum_b = 0});
    // New threads as glibc makes them, but no new processes or namespaces. The arguments of clone3 stand in memory,
    // where a filter cannot look: told that there is no such call, the C library takes clone.
    constexpr scmp_datum_t of_a_thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND |
                                         CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    allow(SCMP_SYS(clone), {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = of_a_thread, .datum_b = 0});
    check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "deny processes");
    check(seccomp_load(filter.get()), "enter a worker's sandbox");
}

// A second lock on files where the kernel has it. What its first version handles, every later one does, too.
void forbid_files()
{
    landlock_ruleset_attr all{};  // newer kernels have more members
    all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    const auto rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
    if (rules < 0) return;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // else only the superuser may
    syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

}  // namespace

void drop_privileges()
{
    if (under_sanitizer) return;
    constexpr uid_t nobody = 65534;
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct all[2]{};
    // Whoever may not signal processes of other users (some containers) could not end such a worker.
    const bool may_signal = syscall(SYS_capget, &header, all) == 0 && (all[0].effective & (1u << CAP_KILL)) != 0;
    if (geteuid() == 0 && may_signal && setgroups(0, nullptr) == 0 && setresgid(nobody, nobody, nobody) == 0)
        std::ignore = setresuid(nobody, nobody, nobody);  // not where a user namespace has no such user
    const __user_cap_data_struct none[2]{};
    if (syscall(SYS_capset, &header, none) != 0)
        throw std::system_error(errno, std::generic_category(), "drop a worker's capabilities");
}

std::uint64_t enter_sandbox(std::uint64_t memory)
{
    limit(RLIMIT_CORE, 0);
    if (under_sanitizer) return memory;
    limit(RLIMIT_FSIZE, max_clip_bytes);
    limit(RLIMIT_NOFILE, max_open_files);
    const std::uint64_t granted = limit(RLIMIT_AS, memory);
    forbid_files();
    forbid_system_calls();
    return granted;
}

}  // namespace reelpipe
