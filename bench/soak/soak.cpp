// bench/soak/soak.cpp: long runs through the real binary, from hosts with faults and with limits.
//
// The host with faults is an nginx on loopback that answers 4 % of the requests with 503, cuts the connection of 6 %,
// does not have one video in twenty (404) and refuses another one (403). The host with limits serves so many requests a
// second, answers 503 with Retry-After to those beyond, and cuts the connection of 1 %; the run has its default
// options. Checked: every clip has the outcome that was injected, no more and no fewer; and memory, descriptors and
// temporary bytes of the run and its workers do not grow after the first tenth of the clips, or 400.
//
//     build/release/bin/bench_soak --scale full      20,000 lossless clips of each host and 1,000 encoded ones
// Read the peak of the rest against that of the beginning: what grows with the list shows as a ratio above 1.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "support/nginx.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using namespace reelpipe::test;

namespace {

constexpr int clips_of_a_video = 20;

struct usage {
    double memory_mb = 0;
    double descriptors = 0;
    double temporary_mb = 0;

    usage& operator+=(const usage& other)
    {
        memory_mb += other.memory_mb;
        descriptors += other.descriptors;
        temporary_mb += other.temporary_mb;
        return *this;
    }

    void raise_to(const usage& other)
    {
        memory_mb = std::max(memory_mb, other.memory_mb);
        descriptors = std::max(descriptors, other.descriptors);
        temporary_mb = std::max(temporary_mb, other.temporary_mb);
    }
};

// The resources that a process uses. Temporary files have no names, so they are looked up through its descriptors.
usage usage_of(pid_t pid)
{
    usage now;
    const std::string proc = "/proc/" + std::to_string(pid);
    std::size_t total = 0, resident = 0;
    std::ifstream(proc + "/statm") >> total >> resident;
    now.memory_mb = static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
    std::error_code gone;
    for (fs::directory_iterator entry(proc + "/fd", gone), end; entry != end; entry.increment(gone)) {
        if (gone) break;
        ++now.descriptors;
        struct stat file{};
        if (stat(entry->path().c_str(), &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 0)
            now.temporary_mb += static_cast<double>(file.st_blocks) * 512 / 1e6;
    }
    return now;
}

// The usage of a process and of those that it started: clip workers live as long as their run.
usage usage_of_family(pid_t pid)
{
    usage all = usage_of(pid);
    std::error_code gone;
    for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", gone), end; task != end;
         task.increment(gone)) {
        if (gone) break;
        std::ifstream children(task->path() / "children");
        for (pid_t child = 0; children >> child;) all += usage_of(child);
    }
    return all;
}

// Counts lines of a file that grows.
class line_counter {
public:
    explicit line_counter(fs::path file) : file_(std::move(file)) {}

    std::uint64_t lines()
    {
        std::ifstream in(file_, std::ios::binary);
        in.seekg(static_cast<std::streamoff>(read_));
        std::string more(1 << 20, '\0');
        while (in.read(more.data(), static_cast<std::streamsize>(more.size())), in.gcount() > 0) {
            lines_ += static_cast<std::uint64_t>(std::count(more.data(), more.data() + in.gcount(), '\n'));
            read_ += static_cast<std::uint64_t>(in.gcount());
        }
        return lines_;
    }

private:
    fs::path file_;
    std::uint64_t read_ = 0, lines_ = 0;
};

// A host of videos, and what is asked of it.
struct host {
    nginx_options server;
    bool has_dead_videos = false;
    std::vector<std::string> options{};  // of the run
};

host host_with_faults()
{
    return {.server = {.in_location = "if ($fault = 503) { return 503; } if ($fault = cut) { return 444; } "
                                      "if ($uri ~ refused) { return 403; }",
                       .in_http = "split_clients \"$request_id\" $fault { 4% 503; 6% cut; * none; }"},
            .has_dead_videos = true,
            .options = {"--attempts", "50", "--backoff", "0.01"}};
}

host host_with_limits()
{
    return {.server = {.in_location = "if ($fault = cut) { return 444; } limit_req zone=all burst=10 nodelay; "
                                      "limit_req_status 503; add_header Retry-After $wait always;",
                       .in_http = "split_clients \"$request_id\" $fault { 1% cut; * none; } "
                                  "limit_req_zone $server_name zone=all:1m rate=50r/s; "
                                  "map $status $wait { 503 1; default \"\"; }"}};
}

struct soak {
    std::string name, cut;
    int videos = 0;
    bool has_flat_part = true;  // long enough for its first tenth to be in full swing
    host (*from)() = host_with_faults;
};

bool check(bool holds, const std::string& what)
{
    if (!holds) fmt::print(stderr, "soak: {}\n", what);
    return holds;
}

bool run_soak(const soak& form, json& results)
{
    const host from = form.from();
    const temp_folder folder;
    fs::create_directories(folder / "media");
    const fs::path video = folder / "media/video";
    output_of({"ffmpeg",  "-nostdin", "-v",          "error",
               "-f",      "lavfi",    "-i",          "testsrc2=size=320x180:rate=30000/1001",
               "-t",      "20",       "-c:v",        "libx264",
               "-preset", "veryfast", "-pix_fmt",    "yuv420p",
               "-g",      "75",       "-movflags",   "+faststart",
               "-f",      "mp4",      video.string()});
    std::string list = "youtube_id,time_start,time_end,label\n";
    std::uint64_t clips = 0, missing = 0, refused = 0;
    for (int v = 0; v < form.videos; ++v) {
        const bool is_missing = from.has_dead_videos && v % 20 == 7;
        const bool is_refused = from.has_dead_videos && v % 20 == 13;
        const std::string id = fmt::format("{}{:05}", is_refused ? "refused" : "video", v);
        if (!is_missing) fs::create_hard_link(video, folder / "media" / (id + ".mp4"));
        for (int c = 0; c < clips_of_a_video; ++c) {
            list += fmt::format("{},{:.2f},{:.2f},label{}\n", id, 0.9 * c, 0.9 * c + 0.4, v % 7);
            ++clips;
            missing += is_missing;
            refused += is_refused;
        }
    }
    write_file(folder / "list.csv", list);
    const nginx server(folder / "media", from.server);

    const fs::path log = folder / "log.jsonl";
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::string> words{REELPIPE_BINARY,
                                   "download",
                                   (folder / "list.csv").string(),
                                   "-o",
                                   (folder / "clips").string(),
                                   "--source",
                                   server.url("{id}.mp4"),
                                   "--progress",
                                   "none",
                                   "--log-json",
                                   log.string()};
    words.insert(words.end(), from.options.begin(), from.options.end());
    if (form.cut == "lossless")
        words.insert(words.end(), {"--cut", "lossless"});
    else
        words.insert(words.end(), {"--preset", "ultrafast"});
    process run(words);
    line_counter outcomes(log);
    usage first, rest;
    // A tenth of a short run is over before all connections have something to do.
    const std::uint64_t begin = std::max<std::uint64_t>(clips / 10, 400);
    while (!run.has_ended()) {
        (outcomes.lines() < begin ? first : rest).raise_to(usage_of_family(run.pid()));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // looks in now and then
    }
    const finished end = run.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;

    const json report = json::parse(output_of({REELPIPE_BINARY, "report", (folder / "clips").string(), "--json"}));
    std::map<std::string, std::uint64_t> failures;
    for (const json& group : report["failures"]) failures[group["reason"]] = group["count"];
    bool good = check(end.status == (from.has_dead_videos ? 1 : 0),
                      fmt::format("the run ended with {}: {}", end.status, end.err));
    good &= check(report["stored"] == clips - missing - refused,
                  fmt::format("{} clips were stored, not {}", report["stored"].dump(), clips - missing - refused));
    std::map<std::string, std::uint64_t> injected;
    if (from.has_dead_videos) injected = {{"gone", missing}, {"refused", refused}};
    good &= check(failures == injected, "failures are not those that were injected: " + report["failures"].dump());
    if (form.has_flat_part) {
        good &= check(rest.memory_mb <= 1.25 * first.memory_mb + 8, "memory grows with the clips");
        good &= check(rest.descriptors <= 1.25 * first.descriptors + 16, "descriptors grow with the clips");
        good &= check(rest.temporary_mb <= 1.25 * first.temporary_mb + 16, "temporary bytes grow with the clips");
    }
    fmt::print(
        "{:<16} {:>6} clips in {:>6.1f} s, {:>6.1f}/s; first {} and rest: memory {:.1f} and {:.1f} MB, "
        "descriptors {:.0f} and {:.0f}, temporary {:.2f} and {:.2f} MB; outcomes {}\n",
        form.name, clips, took.count(), static_cast<double>(clips) / took.count(), begin, first.memory_mb,
        rest.memory_mb, first.descriptors, rest.descriptors, first.temporary_mb, rest.temporary_mb,
        good ? "as injected" : "WRONG");
    results.push_back({{"name", form.name},
                       {"clips", clips},
                       {"seconds", took.count()},
                       {"memory_mb", {first.memory_mb, rest.memory_mb}},
                       {"descriptors", {first.descriptors, rest.descriptors}},
                       {"temporary_mb", {first.temporary_mb, rest.temporary_mb}},
                       {"good", good}});
    return good;
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App program("Long runs from a host with faults at a tenth of all requests, and from a host with limits.");
    std::string scale = "quick";
    fs::path json_file;
    program.add_option("--scale", scale, "how many clips")
        ->check(CLI::IsMember({"smoke", "quick", "full"}))
        ->capture_default_str();
    program.add_option("--json", json_file, "where the figures go");
    CLI11_PARSE(program, argc, argv);

    const bool is_long = scale != "smoke";
    const int lossless = scale == "full" ? 1000 : is_long ? 200 : 20, encoded = is_long ? 50 : 20;
    const std::array<soak, 3> forms{{{"lossless", "lossless", lossless, is_long},
                                     {"encode", "encode", encoded, is_long},
                                     {"lossless, limits", "lossless", lossless, is_long, host_with_limits}}};
    json results = json::array();
    bool good = true;
    for (const soak& form : forms) good &= run_soak(form, results);
    if (!json_file.empty()) write_file(json_file, results.dump(2) + "\n");
    return good ? 0 : 1;
}
