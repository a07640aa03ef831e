// A process of yt-dlp a clip, which finds the video behind a plain URL and lets ffmpeg fetch the section.
#include <fmt/format.h>

#include "fetch/workload.hpp"

namespace reelpipe::bench {

figures yt_dlp(const workload& w)
{
    const auto seconds = [](std::chrono::microseconds time) {
        return fmt::format("{:.6f}", 1e-6 * static_cast<double>(time.count()));
    };
    return measured(w, w.source.type, [&] {
        run_for_each_clip(w, [&](std::size_t i) -> std::vector<std::string> {
            const segment wanted = for_ffmpeg(w, i);
            return {"yt-dlp",
                    "--ignore-config",
                    "--no-cache-dir",
                    "-q",
                    "--no-warnings",
                    "--download-sections",
                    fmt::format("*{}-{}", seconds(wanted.start), seconds(wanted.end)),
                    "-o",
                    w.clip(i, w.source.type),
                    w.server->url(w.source.files.front())};
        });
    });
}

}  // namespace reelpipe::bench
