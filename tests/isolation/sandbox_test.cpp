#include "isolation/sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
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

#include <cerrno>
#include <cstdlib>
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

int refused(long result) { return result < 0 && errno == EPERM ? 0 : 1; }

}  // namespace

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

TEST_CASE("in the sandbox a file cannot grow beyond the largest clip, and few can be open", "[sandbox]")
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
