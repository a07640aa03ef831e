#ifndef REELPIPE_BENCH_CUT_WORKLOAD_HPP
#define REELPIPE_BENCH_CUT_WORKLOAD_HPP

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "reelpipe/clip.hpp"
#include "runner/contest.hpp"

namespace reelpipe::bench {

enum class cutting { encode, lossless, smart };

// The clips that every contender cuts out of one video, and what has to come out.
struct workload {
    cutting mode = cutting::encode;
    std::filesystem::path folder{};
    std::filesystem::path video{};
    std::string preset{};  // of libx264
    // One clip of each video. All videos are the same video, by names of their own: videos() / "v0.mp4" and so on.
    std::vector<segment> segments{};
    std::string address{};  // of the folder of the videos, from which lossless clips are fetched

    // For each segment: the packets of the clip that ffmpeg encodes, or the frames that the video shows in it.
    std::vector<std::string> right{};
    // Lossless clips that were decoded and compared before: to decode them all again would take longer than the bench.
    std::shared_ptr<std::set<std::string>> known = std::make_shared<std::set<std::string>>();

    std::filesystem::path videos() const { return folder / "videos"; }
};

struct video_shape {
    int seconds = 0;
    std::string frame{};   // "640x360"
    int group_size = 150;  // frames from one key frame to the next
};

// Makes the video, once, the names of the videos, and what the clips are compared with.
workload prepare(workload, const video_shape&);

// Throws wrong_result unless the clip of segment `i` is the right one. Encoded: each packet is ffmpeg's. Lossless: it
// shows the video's frames, bit for bit; `slack`: there may be so many more or fewer of them at the end. Smart: it
// shows as many frames as the video, and from one of them on they are the video's, but for the last few.
void check(const workload&, std::size_t i, const std::filesystem::path& clip, std::size_t slack = 0);

// ffmpeg -ss START -t LENGTH -i VIDEO ..., which encodes or copies.
std::vector<std::string> ffmpeg_command(const workload&, std::size_t i, const std::filesystem::path& clip);

// The contenders: CPU and wall seconds a clip.
figures program(const workload&);
figures in_process(const workload&);
figures ffmpeg_process(const workload&);

}  // namespace reelpipe::bench

#endif
