#include "scaling/video_length.hpp"

#include <fmt/format.h>

#include <fstream>

#include "fetch/frames.hpp"
#include "runner/program.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

fs::path make_video(const fs::path& folder, std::chrono::minutes length)
{
    const fs::path minute = folder / "minute.mp4", video = folder / fmt::format("{}min.mp4", length.count());
    // clang-format off
    if (!fs::exists(minute))
        run_program({"ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30", "-f",
                     "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", "60", "-c:v", "libx264", "-preset",
                     "veryfast", "-crf", "40", "-g", "150", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k", minute});
    if (!fs::exists(video))
        run_program({"ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", std::to_string(length.count() - 1), "-i",
                     minute, "-c", "copy", "-movflags", "+faststart", video});
    // clang-format on
    return video;
}

}  // namespace

workload videos_of(std::chrono::minutes length, std::size_t clips)
{
    const fs::path folder = bench_media() / "long";
    fs::create_directories(folder);
    const fs::path video = make_video(folder, length);
    workload w{.preset = "medium", .home = folder / fmt::format("{}min", length.count())};
    fs::remove_all(w.home);
    fs::create_directories(w.site() / "media");
    std::ofstream list(w.list());
    list << "youtube_id,time_start,time_end,label\n";
    for (std::size_t i = 0; i < clips; ++i) {
        const auto start = std::chrono::seconds(length) / 2 - 10s + std::chrono::seconds(i);
        row r{.clip = {.video = fmt::format("video{}", i), .wanted = {start, start + 10s}, .label = "l", .split = ""}};
        r.frames = frames_in(video, r.clip.wanted);
        fs::create_hard_link(video, w.site() / "media" / (r.clip.video + ".mp4"));
        list << fmt::format("{},{},{},l\n", r.clip.video, start.count(), (start + 10s).count());
        w.rows.push_back(std::move(r));
    }
    list.close();
    return served(std::move(w), {.name = "near"}, false);
}

}  // namespace reelpipe::bench
