// The whole program: `reelpipe download`, with its ledger, its report, its worker process and its start. Encoded and
// smart clips come from a folder of videos, lossless ones are fetched.
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "cut/workload.hpp"
#include "runner/program.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

double seconds_of(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

fs::path write_list(const workload& w)
{
    const fs::path list = w.folder / "list.csv";
    std::ofstream out(list);
    out << "youtube_id,time_start,time_end,label\n";
    for (std::size_t i = 0; i < w.segments.size(); ++i)
        out << fmt::format("v{},{},{},l\n", i, seconds_of(w.segments[i].start), seconds_of(w.segments[i].end));
    return list;
}

fs::path clip_of(const fs::path& folder, std::size_t i)
{
    const std::string id = fmt::format("v{}_", i);
    for (const fs::directory_entry& each : fs::directory_iterator(folder))
        if (each.path().filename().string().starts_with(id)) return each.path();
    throw wrong_result(fmt::format("no clip of video {}", i));
}

}  // namespace

figures program(const workload& w)
{
    const fs::path list = write_list(w), clips = w.folder / "clips";
    fs::remove_all(clips);
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::string> words{REELPIPE_BINARY, "download", list, "-o", clips, "--jobs", "1", "--progress", "none"};
    if (w.mode == cutting::lossless)
        words.insert(words.end(), {"--source", w.address + "/{id}.mp4", "--cut", "lossless"});
    else
        words.insert(words.end(), {"--source", w.videos().string(), "--preset", w.preset, "--cut",
                                   w.mode == cutting::smart ? "smart" : "encode"});
    const double cpu_s = run_program(words).cpu_s;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
    for (std::size_t i = 0; i < w.segments.size(); ++i) check(w, i, clip_of(clips / "l", i));
    const auto count = static_cast<double>(w.segments.size());
    return {{"cpu_s", cpu_s / count}, {"wall_s", wall.count() / count}};
}

}  // namespace reelpipe::bench
