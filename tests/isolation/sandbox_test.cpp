#include "isolation/sandbox.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "support/catch.hpp"
#include "support/sanitizer.hpp"

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
    CHECK(in_sandbox([] { return refused(fork()); }) == 0);
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
