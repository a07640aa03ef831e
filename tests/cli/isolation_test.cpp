#include <dirent.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/sanitizer.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::test::comes_true;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::output_of;
using reelpipe::test::process;
using reelpipe::test::read_file;

namespace {

// A film of three seconds whose width says what the faulty decoder does with it.
void add_film(kinetics_site& site, const std::string& id, int width)
{
    fs::create_directories(site.folder / "media");
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
               fmt::format("testsrc2=size={}x120:rate=25:duration=3", width), "-c:v", "libx264", "-preset", "ultrafast",
               "-pix_fmt", "yuv420p", (site.folder / "media" / (id + ".mp4")).string()});
}

std::map<std::string, std::string> messages_in(const json& report)
{
    std::map<std::string, std::string> found;
    for (const json& entry : report) found.emplace(entry[0], entry[2]);
    return found;
}

// Processes that a process has started and that still work for it.
std::vector<pid_t> children_of(pid_t parent)
{
    std::vector<pid_t> found;
    std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", parent));
    for (const fs::directory_entry& task : fs::directory_iterator(fmt::format("/proc/{}/task", parent))) {
        std::ifstream of_task(task.path() / "children");
        for (pid_t child = 0; of_task >> child;) found.push_back(child);
    }
    return found;
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
    add_film(site, "a_good", 160);
    add_film(site, "b_crash", 162);
    add_film(site, "c_hang", 164);
    if (!reelpipe::test::sanitized) add_film(site, "d_bomb", 166);  // sanitizers have no limit of memory
    add_film(site, "e_good", 160);
    std::string rows = "youtube_id,time_start,time_end,label\n";
    for (const char* id : {"a_good", "b_crash", "c_hang", "d_bomb", "e_good"}) rows += fmt::format("{},0,2,l\n", id);
    const auto words =
        site.download(site.list(rows), {"--source", site.url_template(), "--jobs", "2", "--cut-timeout", "12"});

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

TEST_CASE("there are as many clip workers as jobs, and none outlives its run", "[isolation]")
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

    run.signal(SIGKILL);
    run.wait();

    CHECK(most <= 2);
    CHECK(!workers.empty());
    CHECK(comes_true([&] { return std::ranges::none_of(workers, is_alive); }));
}
