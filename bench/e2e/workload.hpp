#ifndef REELPIPE_BENCH_E2E_WORKLOAD_HPP
#define REELPIPE_BENCH_E2E_WORKLOAD_HPP

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "e2e/origin.hpp"
#include "reelpipe/clip.hpp"
#include "runner/contest.hpp"

namespace reelpipe::bench {

struct row {
    clip_request clip;
    std::size_t frames = 0;  // that the clip has to show; 0: a dead link
};

// How much work, and what the videos are like.
struct size_of_work {
    std::size_t videos = 0;  // of different lengths
    std::size_t names = 1;   // that each video has, for contenders that need more clips to be timed
    std::chrono::seconds length{10};
    std::string frame = "640x360";
    std::string preset = "medium";
};

// A list of clips, a tenth of them dead, and the videos that a server has of them: /media/ID.mp4, and pages that name
// them, /pages/ID.
struct workload {
    std::vector<row> rows{};
    std::string preset{};
    bool with_site = false;  // contenders get the pages instead of the videos' URLs
    std::filesystem::path home{};
    std::shared_ptr<origin> server{};

    std::string media_url(const row& r) const { return server->url("media/" + r.clip.video + ".mp4"); }
    std::string url(const row& r) const { return with_site ? server->url("pages/" + r.clip.video) : media_url(r); }
    std::filesystem::path site() const { return home / "site"; }
    std::filesystem::path output() const { return home / "clips"; }
    std::filesystem::path temporary() const { return home / "temporary"; }
    std::filesystem::path list() const { return home / "list.csv"; }
    std::filesystem::path clip(const row& r) const { return output() / r.clip.label / (r.clip.video + ".mp4"); }
};

// Videos that are made once are kept below it.
std::filesystem::path bench_media();

// Makes the videos, once, the list, and the folder that is to be served.
workload prepare(const size_of_work&);
workload served(workload, const network&, bool with_site);

// The number of frames that a contender's clips may have more or fewer than the video.
constexpr std::size_t exact = 0, as_ffmpeg_encodes = 1, as_ffmpeg_copies = 4;

// Runs a program whose end status is `status` (there are dead links), into an empty output folder. Throws wrong_result
// unless exactly the clips that are not dead are there, with their frames.
figures measured(const workload&, const std::vector<std::string>& program, int status, std::size_t may_differ);

// `xargs -P jobs`: for each row a shell that runs `script`, with the start, the length in seconds, the URL and the
// clip's path as $1 to $4, and $5, a name for temporary files.
figures measured_xargs(const workload&, std::size_t jobs, const std::string& script, std::size_t may_differ);

std::size_t cores();

// The contenders. Figures: clips_per_s, and of a clip cpu_s and bytes; peak_mb, of the largest process.
figures reelpipe_program(const workload&, const std::string& cut, const std::vector<std::string>& options = {});
figures reelpipe_packed(const workload&, const std::string& cut);   // also into shards
figures reelpipe_watched(const workload&, const std::string& cut);  // somebody follows the run over HTTP
figures activitynet(const workload&);
figures ffmpeg_url(const workload&, bool copies);
figures yt_dlp_sections(const workload&);
figures video2dataset(const workload&);

}  // namespace reelpipe::bench

#endif
