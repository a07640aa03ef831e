#include "isolation/clip_workers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "media/error.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using reelpipe::clip_workers;
using reelpipe::test::temp_folder;

namespace {

// A program that stands in for a worker.
fs::path worker_that(const temp_folder& folder, const std::string& does)
{
    const fs::path program = folder / "worker";
    reelpipe::test::write_file(program, "#!/bin/sh\n" + does + "\n");
    fs::permissions(program, fs::perms::owner_all);
    return program;
}

}  // namespace

TEST_CASE("a worker that stops in the middle of its answer has passed its deadline", "[clip_workers]")
{
    const temp_folder folder;
    // The length of a message, and then no message, a part of it, or a byte of it now and then.
    const std::string rest =
        GENERATE("exec sleep 1000", "printf '[1, ' >&3; exec sleep 1000", "while printf ' ' >&3; do sleep 0.3; done");
    clip_workers workers(worker_that(folder, "printf '\\0\\0\\001\\0' >&3; " + rest), 1s);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHECK_THROWS_WITH(workers.verify(null, {}, {}), Catch::Matchers::ContainsSubstring("longer than 1 s"));

    close(null);
}

TEST_CASE("a worker that reads nothing of its job has passed its deadline", "[clip_workers]")
{
    const temp_folder folder;
    clip_workers workers(worker_that(folder, "exec sleep 1000"), 1s);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    reelpipe::media::partial_file video{.descriptor = null, .size = 1u << 30};
    for (std::uint64_t at = 0; at < 100'000; ++at) video.held.add({2 * at, 2 * at + 1});  // more than a socket takes

    CHECK_THROWS_AS(workers.plan(video, {}, reelpipe::media::tracks{}, {}), reelpipe::media::process_died);

    close(null);
}
