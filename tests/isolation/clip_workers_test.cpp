#include "isolation/clip_workers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "media/error.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using reelpipe::clip_workers;
using reelpipe::test::temp_folder;

namespace {

std::string message(const std::string& json)
{
    std::string bytes(sizeof(std::uint32_t), '\0');
    const auto size = static_cast<std::uint32_t>(json.size());
    std::memcpy(bytes.data(), &size, sizeof size);
    return bytes + json;
}

// A program that stands in for a worker: says that it has entered its sandbox, with 4 GiB, and then does what it does.
// "$answer" is a file that holds an answer.
fs::path worker_that(const temp_folder& folder, const std::string& does, const std::string& ready = "[4294967296]")
{
    const fs::path program = folder / "worker";
    reelpipe::test::write_file(folder / "ready", message(ready));
    reelpipe::test::write_file(folder / "answer", message(R"({"error": "verify", "text": "answered", "detail": 0})"));
    reelpipe::test::write_file(
        program, fmt::format("#!/bin/sh\nanswer={0}/answer\ncat {0}/ready >&3\n{1}\n", folder.path().string(), does));
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

    CHECK_THROWS_AS(workers.plan(video, {}, reelpipe::media::stream_selection{}, {}), reelpipe::media::process_died);

    close(null);
}

TEST_CASE("an image that a worker sends is text that a page may hold, or nothing", "[clip_workers]")
{
    const temp_folder folder;
    const fs::path program = worker_that(folder, "cat $answer >&3; exec sleep 1000");
    const fs::path clip = folder / "ready";
    for (const char* answer :
         {R"([2, 2, "\"><script>"])", R"([2, 2, ""])", R"([0, 2, "abcd"])", R"([2, 99999, "abcd"])", "[2, 2]", "[]"}) {
        reelpipe::test::write_file(folder / "answer", message(answer));
        clip_workers workers(program, 60s);
        CHECK_THROWS_AS(workers.still(clip, {}, 2, {}), reelpipe::media::process_died);
    }
    reelpipe::test::write_file(folder / "answer", message(R"([3, 2, "ab+/="])"));
    clip_workers workers(program, 60s);
    const reelpipe::cut::still image = workers.still(clip, {}, 2, {});
    CHECK(image.width == 3);
    CHECK(image.jpeg == "ab+/=");
}

TEST_CASE("a worker that somebody kills costs an attempt, and not the video", "[clip_workers]")
{
    const temp_folder folder;
    const std::string once = fmt::format("if mkdir {}/began 2> {}/log; then kill -KILL $$; fi\n",
                                         folder.path().string(), folder.path().string());
    clip_workers workers(worker_that(folder, once + "cat $answer >&3; exec sleep 1000"), 60s);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHECK_THROWS_WITH(workers.verify(null, {}, {}), "answered");

    close(null);
}

TEST_CASE("a video whose workers are killed each time is not to blame", "[clip_workers]")
{
    const temp_folder folder;
    clip_workers workers(worker_that(folder, "kill -KILL $$"), 60s);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHECK_THROWS_AS(workers.verify(null, {}, {}), reelpipe::worker_killed);

    close(null);
}

TEST_CASE("a video on which two workers crash is to blame", "[clip_workers]")
{
    const temp_folder folder;
    clip_workers workers(
        worker_that(folder, fmt::format("echo begun >> {}/log; kill -SEGV $$", folder.path().string())), 60s);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHECK_THROWS_AS(workers.verify(null, {}, {}), reelpipe::media::process_died);
    CHECK(reelpipe::test::read_file(folder / "log") == "begun\nbegun\n");

    close(null);
}

TEST_CASE("a machine that grants little memory is to blame for what a video lacks", "[clip_workers]")
{
    const temp_folder folder;
    const fs::path program = worker_that(folder, "cat $answer >&3; exec sleep 1000", "[100000000]");
    reelpipe::test::write_file(folder / "answer", message(R"({"error": "memory", "text": "", "detail": 0})"));
    clip_workers workers(program, 60s);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHECK_THROWS_WITH(workers.verify(null, {}, {}),
                      Catch::Matchers::ContainsSubstring("100 MB") && Catch::Matchers::ContainsSubstring("ulimit -v"));

    close(null);
}

TEST_CASE("a program that does not get ready, or is none, blames no video", "[clip_workers]")
{
    const temp_folder folder;
    const std::string refuses = worker_that(folder, "", R"({"error": "system", "text": "no", "detail": 1})");
    for (const std::string& program : {refuses, std::string("/bin/true"), std::string("/nowhere/worker")}) {
        clip_workers workers(program, 60s);
        CHECK_THROWS_AS(workers.try_to_start(), reelpipe::worker_unavailable);
        CHECK_THROWS_WITH(workers.try_to_start(), Catch::Matchers::ContainsSubstring(program));
    }
}
