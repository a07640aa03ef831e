// A process of the ffmpeg program a clip: `ffmpeg -ss START -t LENGTH -i FILE`, one thread.
#include <chrono>

#include "cut/workload.hpp"

namespace reelpipe::bench {

figures ffmpeg_process(const workload& w)
{
    double cpu_s = 0;
    std::chrono::duration<double> wall{};
    for (std::size_t i = 0; i < w.segments.size(); ++i) {
        const std::filesystem::path clip = w.folder / "ffmpeg.mp4";
        const auto begun = std::chrono::steady_clock::now();
        cpu_s += cpu_of(ffmpeg_command(w, w.segments[i], clip));
        wall += std::chrono::steady_clock::now() - begun;
        check(w, i, clip);
    }
    const auto clips = static_cast<double>(w.segments.size());
    return {{"cpu_s", cpu_s / clips}, {"wall_s", wall.count() / clips}};
}

}  // namespace reelpipe::bench
