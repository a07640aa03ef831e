#include <dirent.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>

#include "children.hpp"
#include "kinetics_site.hpp"
#include "odd_video.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/sanitizer.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::test::children_of;
using reelpipe::test::comes_true;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::make_video;
using reelpipe::test::process;
using reelpipe::test::read_file;

namespace {

std::map<std::string, std::string> messages_in(const json& report)
{
    std::map<std::string, std::string> found;
    for (const json& entry : report) found.emplace(entry[0], entry[2]);
    return found;
}

// Of a process that may be gone: then there is none.
std::string file_of_process(pid_t pid, const char* name)
{
    std::ifstream file(fmt::format("/proc/{}/{}", pid, name));
    return {std::istreambuf_iterator<char>(file), {}};
}

bool is_alive(pid_t pid)
{
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string line;
    if (!std::getline(file, line)) return false;
    return line[line.rfind(')') + 2] != 'Z';
}

}  // namespace

TEST_CASE("a decoder that crashes, hangs or takes all memory costs its own clip", "[isolation]")
{
    kinetics_site site;
    make_video(site.folder / "media" / "a_good.mp4", 160);
    make_video(site.folder / "media" / "b_crash.mp4", 162);
    make_video(site.folder / "media" / "c_hang.mp4", 164);
    if (!reelpipe::test::sanitized)
        make_video(site.folder / "media" / "d_bomb.mp4", 166);  // sanitizers have no limit of memory
    make_video(site.folder / "media" / "e_good.mp4", 160);
    std::string rows = "youtube_id,time_start,time_end,label\n";
    for (const char* id : {"a_good", "b_crash", "c_hang", "d_bomb", "e_good"}) rows += fmt::format("{},0,2,l\n", id);
    const auto words =
        site.download(site.list(rows), {"--source", site.url_template(), "--jobs", "2", "--cut-timeout", "20"});

    const finished end = reelpipe::test::run(words, {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});

    INFO(end.err);
    CHECK(end.status == 1);
    const auto messages = messages_in(site.report());
    CHECK(messages.at("a_good_000000_000002") == "Downloaded");
    CHECK(messages.at("b_crash_000000_000002").starts_with("cutter_died: "));
    if (!reelpipe::test::sanitized)  // a sanitizer ends the process itself when it crashes
        CHECK(messages.at("b_crash_000000_000002").find("killed by signal 11") != std::string::npos);
    CHECK(messages.at("c_hang_000000_000002").starts_with("cutter_died: "));
    if (!reelpipe::test::sanitized) CHECK(messages.at("d_bomb_000000_000002").starts_with("too_large: "));
    CHECK(messages.at("e_good_000000_000002") == "Downloaded");
    CHECK(fs::is_empty(site.output() / ".reelpipe/tmp"));
}

TEST_CASE("a live worker is refused every call that it has no use for", "[isolation]")
{
    if (reelpipe::test::sanitized) SKIP("a sanitizer needs more calls");
    kinetics_site site;
    make_video(site.folder / "media" / "video.mp4", 168);
    const finished end =
        reelpipe::test::run(site.download(site.list(std::string(reelpipe::test::columns) + "video,0,2,l\n"),
                                          {"--source", site.url_template()}),
                            {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});
    INFO(end.err);
    // What is reported when all were refused; else the worker has died.
    CHECK(messages_in(site.report()).at("video_000000_000002").starts_with("too_large: "));
}

TEST_CASE("a live worker has its limits and no rights", "[isolation]")
{
    if (reelpipe::test::sanitized) SKIP("builds with a sanitizer keep their rights");
    kinetics_site site;
    make_video(site.folder / "media" / "video.mp4", 164);
    process run(site.download(site.list(std::string(reelpipe::test::columns) + "video,0,2,l\n"),
                              {"--source", site.url_template()}),
                {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});
    std::string status, limits;
    REQUIRE(comes_true([&] {
        const std::vector<pid_t> workers = children_of(run.pid());
        if (workers.empty()) return false;
        status = file_of_process(workers.front(), "status");
        limits = file_of_process(workers.front(), "limits");
        return status.find("reelpipe-worker") != status.npos && status.find("\nSeccomp:\t2\n") != status.npos;
    }));
    run.signal(SIGKILL);
    run.wait();

    INFO(status << limits);
    using Catch::Matchers::ContainsSubstring;
    for (const char* const none : {"CapInh", "CapPrm", "CapEff"})
        CHECK_THAT(status, ContainsSubstring(fmt::format("\n{}:\t0000000000000000\n", none)));
    CHECK_THAT(status, ContainsSubstring("\nNoNewPrivs:\t1\n"));
    const auto limit_of = [&limits](const std::string& what) {
        std::istringstream line(limits.substr(limits.find(what) + what.size()));
        std::string soft, hard;
        line >> soft >> hard;
        return soft == hard ? soft : soft + " of " + hard;
    };
    CHECK(limit_of("Max open files") == "32");
    CHECK(limit_of("Max file size") == std::to_string(64ull << 30));
    CHECK(limit_of("Max address space") == std::to_string(4ull << 30));
    CHECK(limit_of("Max core file size") == "0");
    if (geteuid() != 0 || prctl(PR_CAPBSET_READ, CAP_KILL) != 1) SKIP("only workers of a superuser change their user");
    CHECK_THAT(status, ContainsSubstring("\nUid:\t65534\t65534\t65534\t65534\n"));
    CHECK_THAT(status, ContainsSubstring("\nGid:\t65534\t65534\t65534\t65534\n"));
}

TEST_CASE("a demuxer that crashes, hangs or takes all memory before anything is cut costs its own video",
          "[isolation][long]")
{
    struct video {
        std::string id, file;
        int width = 0;
        std::string message{};
    };
    std::vector<video> videos{{"a_good", "a.mp4", 160, "Downloaded"},     {"b_crash", "b.mp4", 172, "cutter_died: "},
                              {"c_crash", "c.mkv", 172, "cutter_died: "}, {"d_crash", "d.m3u8", 172, "cutter_died: "},
                              {"e_hang", "e.mp4", 174, "cutter_died: "},  {"f_hang", "f.m3u8", 174, "cutter_died: "},
                              {"h_good", "h.mp4", 160, "Downloaded"},     {"i_good", "i.mkv", 160, "Downloaded"},
                              {"j_good", "j.m3u8", 160, "Downloaded"}};
    if (!reelpipe::test::sanitized) videos.insert(videos.end() - 3, {"g_bomb", "g.mp4", 176, "too_large: "});
    kinetics_site site;
    std::string rows = "youtube_id,time_start,time_end,label\n", sources;
    for (const video& each : videos) {
        make_video(site.folder / "media" / each.file, each.width);
        rows += each.id + ",0,2,l\n";
        sources += json{{"id", each.id}, {"url", site.server.url("media/" + each.file)}}.dump() + '\n';
    }
    reelpipe::test::write_file(site.folder / "videos.jsonl", sources);
    const auto words = site.download(
        site.list(rows), {"--source", (site.folder / "videos.jsonl").string(), "--jobs", "2", "--cut-timeout", "12"});

    const finished end = reelpipe::test::run(words, {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});

    INFO(end.err);
    CHECK(end.status == 1);
    const auto messages = messages_in(site.report());
    for (const video& each : videos) {
        CAPTURE(each.id);
        const std::string& message = messages.at(each.id + "_000000_000002");
        CAPTURE(message);
        CHECK(message.starts_with(each.message));
        if (!reelpipe::test::sanitized && each.id.ends_with("crash"))
            CHECK(message.find("killed by signal 11") != std::string::npos);
    }
    CHECK(fs::is_empty(site.output() / ".reelpipe/tmp"));
}

TEST_CASE("clips are the same in a process of their own and in the program's", "[isolation]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list("youtube_id,time_start,time_end,label\nvideo,5,7,l\n");
    const fs::path clip = site.output() / "l/video_000005_000007.mp4";

    REQUIRE(
        reelpipe::test::run(site.download(list, {"--source", site.url_template(), "--isolate", "process"})).status ==
        0);
    const std::string apart = read_file(clip);
    fs::remove_all(site.output());
    REQUIRE(reelpipe::test::run(site.download(list, {"--source", site.url_template(), "--isolate", "none"})).status ==
            0);

    CHECK(read_file(clip) == apart);
}

TEST_CASE("there are as many clip workers as jobs to plan and to cut, and none outlives its run", "[isolation]")
{
    kinetics_site site;
    std::string rows = "youtube_id,time_start,time_end,label\n";
    for (int i = 0; i < 6; ++i) {
        site.add(fmt::format("video{}", i));
        for (int start = 0; start < 20; ++start) rows += fmt::format("video{},{},{},l\n", i, start, start + 3);
    }
    process run(site.download(site.list(rows), {"--source", site.url_template(), "--jobs", "2"}));
    const fs::path folder = site.output() / "l";
    std::vector<pid_t> workers;
    std::size_t most = 0;
    REQUIRE(comes_true([&] {
        workers = children_of(run.pid());
        most = std::max(most, workers.size());
        std::error_code not_yet;
        return std::distance(fs::directory_iterator(folder, not_yet), fs::directory_iterator{}) >= 8;
    }));

    // Whoever looks at a busy machine sees what they are.
    CHECK(comes_true([&] {
        workers = children_of(run.pid());
        return !workers.empty() && std::ranges::all_of(workers, [](pid_t each) {
            return read_file(fmt::format("/proc/{}/comm", each)) == "reelpipe-worker\n";
        });
    }));

    run.signal(SIGKILL);
    run.wait();

    CHECK(most <= 4);
    CHECK(!workers.empty());
    CHECK(comes_true([&] { return std::ranges::none_of(workers, is_alive); }));
}
