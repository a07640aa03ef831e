#include "cut/workload.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>

extern char** environ;

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

std::string packets_of(const workload& w, const fs::path& clip)
{
    const fs::path list = w.folder / "packets.txt";
    cpu_of({"ffmpeg", "-nostdin", "-v", "error", "-y", "-i", clip, "-map", "0:v", "-c", "copy", "-copyts", "-f",
            "framemd5", list});
    std::ifstream in(list);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

double cpu_of(const std::vector<std::string>& words)
{
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = 0;
    if (posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0)
        throw wrong_result("cannot start " + words[0]);
    int status = 0;
    rusage used{};
    if (wait4(child, &status, 0, &used) != child || status != 0) throw wrong_result(words[0] + " failed");
    return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

std::vector<std::string> ffmpeg_command(const workload& w, const segment& wanted, const fs::path& clip)
{
    const std::string length = fmt::format("{}us", (wanted.end - wanted.start).count());
    return {"ffmpeg",  "-nostdin", "-v",     "error",    "-y", "-ss",  fmt::format("{}us", wanted.start.count()),
            "-t",      length,     "-i",     w.film,     "-t", length, "-c:v",
            "libx264", "-preset",  w.preset, "-threads", "1",  "-c:a", "copy",
            clip};
}

workload prepare(fs::path folder, int seconds, std::string size, std::vector<segment> segments, std::string preset)
{
    fs::create_directories(folder);
    workload w{.folder = folder,
               .film = folder / fmt::format("film_{}_{}.mp4", size, seconds),
               .segments = std::move(segments),
               .preset = std::move(preset)};
    if (!fs::exists(w.film)) {
        const fs::path part = folder / "part.mp4";
        const std::string length = std::to_string(seconds);
        // Noise, or encoding would be unnaturally cheap.
        cpu_of({"ffmpeg",
                "-nostdin",
                "-v",
                "error",
                "-y",
                "-f",
                "lavfi",
                "-i",
                fmt::format("testsrc2=size={}:rate=30000/1001,noise=alls=12:allf=t", size),
                "-f",
                "lavfi",
                "-i",
                "sine=frequency=440:sample_rate=44100",
                "-t",
                length,
                "-c:v",
                "libx264",
                "-preset",
                "veryfast",
                "-profile:v",
                "main",
                "-crf",
                "28",
                "-pix_fmt",
                "yuv420p",
                "-g",
                "150",
                "-c:a",
                "aac",
                "-b:a",
                "64k",
                "-movflags",
                "+faststart",
                part});
        fs::rename(part, w.film);
    }
    for (const segment& each : w.segments) {
        const fs::path clip = folder / "right.mp4";
        cpu_of(ffmpeg_command(w, each, clip));
        w.packets.push_back(packets_of(w, clip));
    }
    return w;
}

void check(const workload& w, std::size_t i, const fs::path& clip)
{
    if (packets_of(w, clip) != w.packets[i])
        throw wrong_result(fmt::format("clip {} is not the one that ffmpeg makes", i));
}

}  // namespace reelpipe::bench
