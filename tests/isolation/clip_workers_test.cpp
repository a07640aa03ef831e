#include "isolation/clip_workers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "isolation/stand_in.hpp"
#include "media/error.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/sanitizer.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;
using reelpipe::clip_workers;
using reelpipe::test::message;
using reelpipe::test::open_files;
using reelpipe::test::temp_folder;
using reelpipe::test::worker_that;

namespace {

// scripted_worker.py, with words for it.
fs::path worker_by_script(const temp_folder& folder, const std::string& words)
{
    const fs::path program = folder / "worker";
    reelpipe::test::write_file(program, fmt::format("#!/bin/sh\nexec python3 '{}' --log '{}' {}\n",
                                                    REELPIPE_SCRIPTED_WORKER, (folder / "log").string(), words));
    fs::permissions(program, fs::perms::owner_all);
    return program;
}

const std::string cut_answer = R"(--answer '[1, 0, 1000, 0, false, false, null, 0, ""]' )";
const std::string no_facts = R"(--answer '{"error": "verify", "text": "answered", "detail": 0}' )";

std::vector<json> lines_of(const fs::path& log)
{
    std::ifstream from(log);
    std::vector<json> all;
    for (std::string line; std::getline(from, line);) all.push_back(json::parse(line));
    return all;
}

}  // namespace

TEST_CASE("a worker writes on the clip that it makes, only reads other files, and knows nothing of the environment",
          "[clip_workers]")
{
    const temp_folder folder;
    const open_files files(folder);
    setenv("https_proxy", "http://user:secret@127.0.0.1", 1);
    clip_workers workers(worker_by_script(folder, cut_answer), 60s);

    workers.cut(files.input(), {0s, 1s}, files.clip, {}, {});
    workers.cut(files.input(), {0s, 1s}, files.clip, {}, {});
    unsetenv("https_proxy");
    CHECK_THROWS(workers.verify(files.clip, {}, {}));  // it answers as for a cut, and so does the next one

    const std::vector<json> jobs = lines_of(folder / "log");
    REQUIRE(jobs.size() == 4);
    CHECK(jobs[0]["access"] == json{"rw", "r"});
    CHECK(jobs[2]["access"] == json{"r"});
    CHECK(jobs[0]["pid"] == jobs[1]["pid"]);
    const std::vector<std::string> names = jobs[0]["environment"];
    for (const char* const foreign : {"https_proxy", "HOME", "PATH"})
        CHECK(std::ranges::find(names, foreign) == names.end());
}

TEST_CASE("a worker that keeps the clip is dead before the clip is verified", "[clip_workers]")
{
    const temp_folder folder;
    const open_files files(folder);
    clip_workers workers(worker_by_script(folder, cut_answer + "--keeps"), 60s);

    workers.cut(files.input(), {0s, 1s}, files.clip, {}, {});

    const std::vector<json> jobs = lines_of(folder / "log");
    REQUIRE(jobs.size() == 1);
    CHECK(kill(jobs[0]["pid"], 0) == -1);
}

TEST_CASE("a worker that has answered a job which it was not given is asked for nothing more", "[clip_workers]")
{
    const temp_folder folder;
    const open_files files(folder);
    clip_workers workers(worker_by_script(folder, cut_answer + "--twice"), 60s);

    workers.cut(files.input(), {0s, 1s}, files.clip, {}, {});
    workers.cut(files.input(), {0s, 1s}, files.clip, {}, {});

    const std::vector<json> jobs = lines_of(folder / "log");
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0]["pid"] != jobs[1]["pid"]);
}

TEST_CASE("of what a dying worker says a few words are kept, as text", "[clip_workers]")
{
    if (reelpipe::test::sanitized) SKIP("under a sanitizer workers write to the run's own error stream");
    const temp_folder folder;
    const open_files files(folder);
    clip_workers workers(worker_by_script(folder, no_facts + R"sh(--says "$(printf 'no\033[2Jsense'; seq 10000)")sh"),
                         60s);

    try {
        workers.verify(files.clip, {}, {});
        FAIL("it has an answer");
    } catch (const reelpipe::media::process_died& e) {
        const std::string what = e.what();
        INFO(what);
        CHECK_THAT(what, Catch::Matchers::ContainsSubstring("no [2Jsense1 2 3"));
        CHECK(what.size() < 400);
        CHECK(std::ranges::all_of(what, [](char c) { return c >= ' ' && c <= '~'; }));
    }
}

TEST_CASE("a worker that stops in the middle of its answer has passed its deadline", "[clip_workers]")
{
    const temp_folder folder;
    // The length of a message, and then no message, a part of it, or a byte of it now and then.
    const std::string rest =
        GENERATE("exec sleep 1000", "printf '[1, ' >&3; exec sleep 1000", "while printf ' ' >&3; do sleep 0.3; done");
    clip_workers workers(worker_that(folder, "printf '\\377\\0\\0\\0' >&3; " + rest), 1s);
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
    const reelpipe::verify::clip_file clip(folder / "ready");
    for (const char* answer :
         {R"([2, 2, "\"><script>"])", R"([2, 2, ""])", R"([0, 2, "abcd"])", R"([2, 99999, "abcd"])", "[2, 2]", "[]"}) {
        reelpipe::test::write_file(folder / "answer", message(answer));
        clip_workers workers(program, 60s);
        CHECK_THROWS_AS(workers.still(clip.descriptor(), {}, 2, {}), reelpipe::media::process_died);
    }
    reelpipe::test::write_file(folder / "answer", message(R"([3, 2, "ab+/="])"));
    clip_workers workers(program, 60s);
    const reelpipe::cut::still image = workers.still(clip.descriptor(), {}, 2, {});
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

TEST_CASE("a worker that somebody kills before it is ready is started again", "[clip_workers]")
{
    const temp_folder folder;
    const fs::path program = folder / "worker";
    reelpipe::test::write_file(folder / "ready", message("[4294967296]"));
    reelpipe::test::write_file(program, fmt::format("#!/bin/sh\nif mkdir {0}/began 2> {0}/log; then kill -KILL $$; fi\n"
                                                    "cat {0}/ready >&3\nexec sleep 1000\n",
                                                    folder.path().string()));
    fs::permissions(program, fs::perms::owner_all);
    clip_workers workers(program, 60s);
    CHECK_NOTHROW(workers.try_to_start());
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
