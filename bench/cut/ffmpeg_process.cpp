// A process of the ffmpeg program a clip: `ffmpeg -ss START -t LENGTH -i FILE`, one thread. Where it copies, it reads
// from the server, and is right when it shows the segment's frames, give or take some at the end: it cuts by the
// order in which they are decoded.
#include <chrono>

#include "cut/workload.hpp"
#include "runner/program.hpp"

namespace reelpipe::bench {

namespace {

constexpr std::size_t max_frames_apart = 4;

}  // namespace

figures ffmpeg_process(const workload& w)
{
    double cpu_s = 0;
    std::chrono::duration<double> wall{};
    for (std::size_t i = 0; i < w.segments.size(); ++i) {
        const std::filesystem::path clip = w.folder / "ffmpeg.mp4";
        const auto begun = std::chrono::steady_clock::now();
        cpu_s += run_program(ffmpeg_command(w, i, clip)).cpu_s;
        wall += std::chrono::steady_clock::now() - begun;
        check(w, i, clip, max_frames_apart);
    }
    const auto clips = static_cast<double>(w.segments.size());
    return {{"cpu_s", cpu_s / clips}, {"wall_s", wall.count() / clips}};
}

}  // namespace reelpipe::bench
