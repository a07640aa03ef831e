#include "isolation/sandbox.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "support/catch.hpp"
#include "support/sanitizer.hpp"
#include "support/temp_folder.hpp"

namespace {

// What a child process gave as its exit status after it had entered the sandbox.
template <class Function> int in_sandbox(Function act)
{
    const pid_t child = fork();
    if (child == 0) {
        reelpipe::enter_sandbox(1u << 30);
        _exit(act());
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool send_descriptor(int socket, int descriptor)
{
    char byte = 0;
    iovec part{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    return sendmsg(socket, &header, 0) == 1;
}

// -1 where the kernel gives none.
int receive_descriptor(int socket)
{
    char byte = 0;
    iovec part{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    int descriptor = -1;
    if (recvmsg(socket, &header, 0) != 1) return descriptor;
    if (const cmsghdr* const rights = CMSG_FIRSTHDR(&header); rights && rights->cmsg_type == SCM_RIGHTS)
        std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
    return descriptor;
}

int refused(long result) { return result < 0 && errno == EPERM ? 0 : 1; }

bool without_seccomp = false;

}  // namespace

// The library's own, unless a test looks at what is left without it.
extern "C" int seccomp_load(const void* filter)
{
    if (without_seccomp) return 0;
    using function = int (*)(const void*);
    return reinterpret_cast<function>(dlsym(RTLD_NEXT, "seccomp_load"))(filter);
}

TEST_CASE("in the sandbox there are no files, no network, no programs and no other processes", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    CHECK(in_sandbox([] { return refused(open("/etc/passwd", O_RDONLY)); }) == 0);
    CHECK(in_sandbox([] { return refused(open("/tmp/reelpipe-sandbox-test", O_WRONLY | O_CREAT, 0600)); }) == 0);
    CHECK(in_sandbox([] { return refused(unlink("/tmp/reelpipe-sandbox-test")); }) == 0);
    CHECK(in_sandbox([] { return refused(socket(AF_INET, SOCK_STREAM, 0)); }) == 0);
    CHECK(in_sandbox([] { return refused(kill(getppid(), 0)); }) == 0);
    CHECK(in_sandbox([] { return refused(syscall(SYS_tgkill, getppid(), getppid(), 0)); }) == 0);
    CHECK(in_sandbox([] { return refused(syscall(SYS_tkill, getppid(), 0)); }) == 0);
    CHECK(in_sandbox([] { return refused(syscall(SYS_pidfd_open, getppid(), 0)); }) == 0);
    CHECK(in_sandbox([] { return refused(prlimit(getppid(), RLIMIT_CPU, nullptr, nullptr)); }) == 0);
    CHECK(in_sandbox([] {
              struct stat found{};
              return refused(stat("/etc/passwd", &found)) + refused(fstatat(AT_FDCWD, "", &found, AT_EMPTY_PATH)) +
                     refused(access("/etc/passwd", F_OK));
          }) == 0);
    CHECK(in_sandbox([] { return refused(fork()); }) == 0);
    CHECK(in_sandbox([] { return refused(syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, nullptr)); }) ==
          0);
    CHECK(in_sandbox([] { return refused(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr)); }) == 0);
    CHECK(in_sandbox([] { return syscall(SYS_clone3, nullptr, 0) < 0 && errno == ENOSYS ? 0 : 1; }) == 0);
    CHECK(in_sandbox([] { return refused(unshare(CLONE_NEWNET)); }) == 0);
    CHECK(in_sandbox([] { return refused(ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr)); }) == 0);
    CHECK(in_sandbox([] {
              const void* const made = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return made == MAP_FAILED && errno == EPERM ? 0 : 1;
          }) == 0);
    CHECK(in_sandbox([] {
              void* const made = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return refused(mprotect(made, 4096, PROT_READ | PROT_EXEC));
          }) == 0);
    CHECK(in_sandbox([] {
              char program[] = "/bin/true";
              char* const words[] = {program, nullptr};
              return refused(execve(program, words, words));
          }) == 0);
}

TEST_CASE("in the sandbox there are threads, open files, and memory up to the limit", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    CHECK(in_sandbox([] {
              int sum = 0;
              std::thread([&sum] { sum = 1; }).join();
              return sum == 1 ? 0 : 1;
          }) == 0);
    CHECK(in_sandbox([] {
              signal(SIGABRT, SIG_DFL);
              std::abort();
              return 0;
          }) == 128 + SIGABRT);
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    CHECK(in_sandbox([&ends] { return write(ends[1], "x", 1) == 1 ? 0 : 1; }) == 0);
    CHECK(in_sandbox([] {
              void* const volatile too_much = std::malloc(2ull << 30);
              return too_much == nullptr ? 0 : 1;
          }) == 0);
    close(ends[0]);
    close(ends[1]);
}

TEST_CASE("in the sandbox a file cannot grow beyond the largest clip", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    const reelpipe::test::temp_folder folder;
    const int file = open((folder / "clip").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(in_sandbox([file] {
              signal(SIGXFSZ, SIG_IGN);
              return pwrite(file, "x", 1, 64ll << 30) < 0 && errno == EFBIG ? 0 : 1;
          }) == 0);
    CHECK(in_sandbox([file] { return pwrite(file, "x", 1, 0) == 1 ? 0 : 1; }) == 0);
    close(file);
}

// No call that a worker may make opens a file: they come over its socket.
TEST_CASE("in the sandbox 32 files are open at most, those that come over a socket among them", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    for (int i = 0; i < 40; ++i) REQUIRE(send_descriptor(ends[0], ends[0]));
    CHECK(in_sandbox([&ends] {
              int last = -1;
              for (int i = 0; i < 40; ++i) last = std::max(last, receive_descriptor(ends[1]));
              return last == 31 ? 0 : 1;
          }) == 0);
    close(ends[0]);
    close(ends[1]);
}

TEST_CASE("where the kernel has Landlock, files stay closed without seccomp, too", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    if (syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
        SKIP("this kernel has no Landlock");
    const reelpipe::test::temp_folder folder;
    const std::string file = (folder / "file").string();
    reelpipe::test::write_file(file, "x");
    without_seccomp = true;
    const auto denied = [](long result) { return result < 0 && errno == EACCES ? 0 : 1; };
    CHECK(in_sandbox([&] { return denied(open(file.c_str(), O_RDONLY)); }) == 0);
    CHECK(in_sandbox([&] { return denied(open((file + "2").c_str(), O_WRONLY | O_CREAT, 0600)); }) == 0);
    CHECK(in_sandbox([&] { return denied(unlink(file.c_str())); }) == 0);
    without_seccomp = false;
}

TEST_CASE("without privileges nobody's rights are left of the superuser's", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    if (geteuid() != 0) SKIP("the superuser has to start it");
    if (prctl(PR_CAPBSET_READ, CAP_SETUID) != 1) SKIP("the superuser may not become another user here");
    const pid_t child = fork();
    if (child == 0) {
        reelpipe::drop_privileges();
        const bool is_nobody =
            getuid() == 65534 && geteuid() == 65534 && getgid() == 65534 && getgroups(0, nullptr) == 0;
        _exit(is_nobody && setuid(0) != 0 && open("/etc/shadow", O_RDONLY) < 0 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("without privileges there are no capabilities, whoever began", "[sandbox]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    const pid_t child = fork();
    if (child == 0) {
        reelpipe::drop_privileges();
        __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
        __user_cap_data_struct left[2]{};
        const bool is_known = syscall(SYS_capget, &header, left) == 0;
        const auto is_empty = [](const __user_cap_data_struct& each) {
            return (each.effective | each.permitted | each.inheritable) == 0;
        };
        _exit(is_known && is_empty(left[0]) && is_empty(left[1]) ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("a limit of memory that is lower already stays, and is told", "[sandbox]")
{
    if (reelpipe::test::sanitized) {
        WARN("skipped: builds with a sanitizer keep their rights");
        return;
    }
    const pid_t child = fork();
    if (child == 0) {
        const rlimit low{900u << 20, 900u << 20};
        setrlimit(RLIMIT_AS, &low);
        _exit(reelpipe::enter_sandbox(1u << 30) == low.rlim_cur ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
}
