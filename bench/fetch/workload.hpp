#ifndef REELPIPE_BENCH_FETCH_WORKLOAD_HPP
#define REELPIPE_BENCH_FETCH_WORKLOAD_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fetch/slow_server.hpp"
#include "reelpipe/clip.hpp"
#include "runner/contest.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::bench {

// A kind of source: what a server has of a video.
struct shape {
    std::string name;
    std::vector<std::string> files;  // as their server names them; video and audio, or one with both
    std::string video;               // the same in one file, to count its frames
    std::string type = ".mp4";       // of clips whose packets are copied
    std::chrono::seconds run_up{};   // so much earlier ffmpeg has to begin, or it comes out behind the key frame
    bool ffmpeg_seeks = true;        // in segments of MP4 FFmpeg 5.1 does not: it reads to the end and writes nothing
    bool yt_dlp_knows = true;        // its generic extractor takes one URL, and lets ffmpeg seek
};

// Clips out of one video, a video each as far as contenders know, and what has to come out.
struct workload {
    shape source;
    std::vector<segment> segments;
    std::vector<std::size_t> frames{};  // of each segment
    std::size_t at_once = 1;            // clips under way, for every contender
    std::shared_ptr<slow_server> server{};
    std::shared_ptr<test::temp_folder> folder{};

    std::filesystem::path clip(std::size_t i, const std::string& type) const
    {
        return folder->path() / (std::to_string(i) + type);
    }
};

// The folder of the videos, which are made if need be.
std::filesystem::path videos();

workload prepare(const shape&, const network&, std::size_t clips, std::chrono::seconds length);

// Times `work`, which leaves each clip as clip(i, type), and asks the server what it took; then counts the frames of
// the clips. Throws wrong_result when some are missing.
figures measured(const workload&, const std::string& type, const std::function<void()>& work);

// Runs the programs that `command` names for each clip, as many at once as the workload says. Throws wrong_result when
// one fails.
void run_for_each_clip(const workload&, const std::function<std::vector<std::string>(std::size_t)>& command);

// The segment that ffmpeg is asked for: the clip's, with the run-up that the shape needs.
segment for_ffmpeg(const workload&, std::size_t i);

// ffmpeg -ss START -t LENGTH -i INPUT ... -c copy CLIP
std::vector<std::string> ffmpeg_copy(const std::vector<std::string>& inputs, segment,
                                     const std::filesystem::path& clip);

// The contenders.
figures reelpipe_fetcher(const workload&);
figures ffmpeg_url(const workload&);
figures whole_file(const workload&);
figures yt_dlp(const workload&);

}  // namespace reelpipe::bench

#endif
