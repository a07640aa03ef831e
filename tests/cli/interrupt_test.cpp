#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "children.hpp"
#include "kinetics_site.hpp"
#include "odd_video.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/origin.hpp"
#include "support/sanitizer.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::test::asked;
using reelpipe::test::columns;
using reelpipe::test::comes_true;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::make_video;
using reelpipe::test::origin;
using reelpipe::test::part_of;
using reelpipe::test::process;
using reelpipe::test::reply;

namespace {

// Some of them, so that the first one is surely recorded as well.
bool has_clips(const fs::path& folder)
{
    std::error_code not_yet;
    return std::distance(fs::directory_iterator(folder, not_yet), fs::directory_iterator{}) >= 3;
}

std::ptrdiff_t stored_in(const json& report)
{
    return std::ranges::count_if(report, [](const json& entry) { return entry[1] == true; });
}

std::string list_of(int count)
{
    std::string text = columns;
    for (int i = 0; i < count; ++i) text += fmt::format("video{},{},{},l\n", i % 4, i % 30, i % 30 + 3 + i / 30);
    return text;
}

// A line of /proc/PID/status.
long status_value(pid_t pid, const std::string& name)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
    return 0;
}

bool has_open(pid_t pid, const fs::path& file)
{
    std::error_code gone;
    const fs::path name = fs::canonical(file);
    return std::ranges::any_of(fs::directory_iterator(fmt::format("/proc/{}/fd", pid), gone), [&](const auto& each) {
        std::error_code closed;
        return fs::read_symlink(each.path(), closed) == name;
    });
}

bool catches(pid_t pid, int number)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("SigCgt:")) return ((std::stoull(line.substr(7), nullptr, 16) >> (number - 1)) & 1) != 0;
    return false;
}

bool has_said(process& run, const std::string& text) { return run.errors_so_far().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("an interrupted run finishes what is in flight, and the next one goes on", "[interrupt][long]")
{
    constexpr int clips = reelpipe::test::sanitized ? 20 : 60;
    kinetics_site site;
    for (int i = 0; i < 4; ++i) site.add(fmt::format("video{}", i));
    const auto words = site.download(site.list(list_of(clips)),
                                     {"--source", site.url_template(), "--connections", "1", "--jobs", "1"});

    process run(words);
    REQUIRE(comes_true([&] { return has_clips(site.output() / "l"); }));
    run.signal(GENERATE(SIGINT, SIGTERM));
    REQUIRE(comes_true([&] { return run.errors_so_far().find("interrupted") != std::string::npos; }));
    run.signal(SIGINT);  // all of them are in flight; this test has not the time
    const finished end = run.wait();

    INFO(end.err);
    CHECK(end.status == 130);
    const json report = site.report();
    REQUIRE(report.size() == clips);
    CHECK(stored_in(report) > 0);
    CHECK(stored_in(report) < clips);
    CHECK(fs::is_empty(site.output() / ".reelpipe/tmp"));
    const auto stored_before = stored_in(report);

    const finished again = reelpipe::test::run(words);

    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(stored_in(site.report()) == clips);
    CHECK(std::ranges::count_if(site.report(), [](const json& e) { return e[2] == "Exists"; }) >= stored_before);
}

TEST_CASE("an interrupted run ends by itself once its videos are done", "[interrupt]")
{
    kinetics_site site;
    std::string text = columns;
    for (int i = 0; i < 60; ++i) {
        site.add(fmt::format("v{:02}", i));
        text += fmt::format("v{:02},2,5,l\n", i);
    }
    process run(site.download(site.list(text), {"--source", site.url_template(), "--connections", "1", "--jobs", "1"}));
    REQUIRE(comes_true([&] { return has_clips(site.output() / "l"); }));
    run.signal(SIGINT);
    const finished end = run.wait();

    INFO(end.err);
    CHECK(end.status == 130);
    const json report = site.report();
    CHECK(stored_in(report) < 60);
    for (const json& entry : report) CHECK((entry[1] == true || entry[2] == "Not reached"));
}

TEST_CASE("an interrupted run that has finished all of its clips is a finished run", "[interrupt]")
{
    const std::string video = reelpipe::test::read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    const kinetics_site site;
    std::atomic<bool> asks = false, goes_on = false;
    origin slow;
    slow.serve("/video.mp4", [&](const asked& request) {
        asks = true;
        comes_true([&] { return goes_on.load(); });
        return part_of(video, request);
    });
    process run(site.download(site.list("youtube_id,time_start,time_end,label\nvideo,1,2,l\n"),
                              {"--source", slow.url("/{id}.mp4")}));
    REQUIRE(comes_true([&] { return asks.load(); }));
    run.signal(SIGINT);
    REQUIRE(comes_true([&] { return has_said(run, "interrupted"); }));
    goes_on = true;
    const finished end = run.wait();

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(stored_in(site.report()) == 1);
}

TEST_CASE("an interrupt does not wait for a host that wants to be left alone", "[interrupt]")
{
    const kinetics_site site;
    origin busy;
    busy.serve("/video", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 300"}}; });
    process run(site.download(site.list("youtube_id,time_start,time_end,label\nvideo,2,5,l\n"),
                              {"--source", busy.url("/{id}")}));
    REQUIRE(comes_true([&] { return !busy.requests().empty(); }));
    run.signal(SIGINT);
    const finished end = run.wait();

    INFO(end.err);
    CHECK(end.status == 130);
    CHECK(busy.requests().size() == 1);
    CHECK(site.report().at(0).at(2) == "Not reached");
}

TEST_CASE("ten thousand rows take neither threads nor files nor memory of their own", "[interrupt][long]")
{
    kinetics_site site;
    std::string text = columns;
    for (int i = 0; i < 10'000; ++i) text += fmt::format("missing{},0,10,l\n", i);
    process run(site.download(site.list(text), {"--source", site.url_template(), "--log-level", "error"}));

    long threads = 0, files = 0, memory_kb = 0;
    const fs::path descriptors = "/proc/" + std::to_string(run.pid()) + "/fd";
    while (status_value(run.pid(), "VmHWM") > 0) {  // ended processes have no memory
        threads = std::max(threads, status_value(run.pid(), "Threads"));
        memory_kb = std::max(memory_kb, status_value(run.pid(), "VmHWM"));
        std::error_code gone;
        files =
            std::max<long>(files, std::distance(fs::directory_iterator(descriptors, gone), fs::directory_iterator{}));
        std::this_thread::sleep_for(5ms);  // looks in now and then
    }
    const finished end = run.wait();

    CHECK(end.status == 3);  // a host that serves nothing says nothing about its videos
    CHECK(site.report().size() == 10'000);
    CHECK(threads < 32);
    CHECK(files < 300);
    if (!reelpipe::test::sanitized) CHECK(memory_kb < 100'000);
}

TEST_CASE("a run that waits for its list ends at the first signal", "[interrupt]")
{
    kinetics_site site;
    const fs::path list = site.folder / "list.csv";
    REQUIRE(mkfifo(list.c_str(), 0600) == 0);
    const int writer = open(list.c_str(), O_RDWR | O_CLOEXEC);  // somebody may still write, and nobody does
    REQUIRE(writer >= 0);
    process run(site.download(list.string(), {"--source", site.url_template()}));
    REQUIRE(comes_true([&] { return has_open(run.pid(), list); }));

    const int number = GENERATE(SIGINT, SIGTERM);
    run.signal(number);
    const finished end = run.wait();

    close(writer);
    INFO(end.err);
    CHECK(end.status == 128 + number);
}

TEST_CASE("a second signal also ends the look at a file that was there before", "[interrupt]")
{
    kinetics_site site;
    site.add("video");
    make_video(site.output() / "l/video_000002_000004.mp4", 174);  // at which the faulty demuxer hangs
    const std::string list = site.list("youtube_id,time_start,time_end,label\nvideo,2,4,l\n");
    process run(site.download(list, {"--source", site.url_template()}), {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});
    // What a worker says stays in a pipe; under a sanitizer it has the run's own stream.
    REQUIRE(comes_true([&] {
        return has_said(run, "hangs from here on") ||
               std::ranges::any_of(reelpipe::test::children_of(run.pid()), reelpipe::test::has_unheard_words);
    }));

    run.signal(SIGINT);
    REQUIRE(comes_true([&] { return has_said(run, "interrupted"); }));
    run.signal(SIGINT);
    const finished end = run.wait();

    INFO(end.err);
    CHECK(end.status == 130);
    CHECK(site.report()[0][2] == "Not reached");
    CHECK(fs::exists(site.output() / "l/video_000002_000004.mp4"));
}

TEST_CASE("a third signal ends a run that does not end by itself", "[interrupt]")
{
    kinetics_site site;
    make_video(site.folder / "media/video.mp4", 164);  // at which the faulty decoder hangs
    const std::string list = site.list("youtube_id,time_start,time_end,label\nvideo,0,2,l\n");
    process run(site.download(list, {"--source", site.url_template(), "--isolate", "none"}),
                {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});
    REQUIRE(comes_true([&] { return has_said(run, "hangs from here on"); }));

    run.signal(SIGINT);
    REQUIRE(comes_true([&] { return has_said(run, "interrupted"); }));
    run.signal(SIGINT);
    REQUIRE(comes_true([&] { return !catches(run.pid(), SIGINT); }));
    run.signal(SIGINT);

    CHECK(run.wait().status == 128 + SIGINT);
}
