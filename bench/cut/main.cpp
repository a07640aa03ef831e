// bench_cut: what a clip costs. CPU is user + system, of the program and of every process that it starts; the server is
// none of them. For reelpipe that includes verifying the clip and syncing it to the disk.
//
// encode: 10 s out of a video of 300 s on the local disk, H.264 out with libx264, medium, crf 23, one thread, audio
// copied. Before a time counts, every packet of the clip is compared with what `ffmpeg -ss` writes.
// lossless: the same video on a server on loopback; packets are copied. Before a time counts, the frames that the clip
// shows are compared with the video's, in number and hash.
// smart: --cut smart against --cut encode of the same clips, of videos with a key frame every 1, 2, 5 and 8 s. Before a
// time counts, the copied frames are compared with the video's, and all are counted.
//
//     build/release/bin/bench_cut --contest lossless
// Read the stages against the whole program: the difference is fetching, a worker process, ledger and report.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <utility>
#include <vector>

#include "cut/workload.hpp"
#include "media/av.hpp"
#include "reelpipe/zeroed_memory.hpp"
#include "support/nginx.hpp"

namespace {

using namespace reelpipe::bench;
using namespace std::chrono_literals;

// As many as `count`, of different lengths to the key frame before them.
std::vector<reelpipe::segment> spread(std::size_t count, std::chrono::milliseconds video,
                                      std::chrono::milliseconds length)
{
    constexpr std::size_t max_different = 10;
    std::vector<reelpipe::segment> all;
    for (std::size_t i = 0; i < count; ++i) {
        const auto start = (video - length) * static_cast<int>(i % max_different + 1) / 11;
        all.push_back({start, start + length});
    }
    return all;
}

struct scaled {
    video_shape video{};
    std::chrono::milliseconds length{};
    std::size_t encoded = 0, lossless = 0;  // clips a turn
    std::string preset{};
};

scaled sized(scale how_much)
{
    if (how_much == scale::smoke) return {{8, "160x90"}, 2s, 2, 3, "ultrafast"};
    if (how_much == scale::quick) return {{300, "640x360"}, 10s, 4, 100, "medium"};
    return {{300, "640x360"}, 10s, 8, 200, "medium"};
}

// Makes what only one contest needs before its first turn, and only if the contest takes place.
std::shared_future<workload> prepared(workload w, const video_shape& shape)
{
    return std::async(std::launch::deferred, prepare, std::move(w), shape).share();
}

// A smart cut against encoding the same clips, of a video with a key frame every `group` seconds.
void add_smart(scenario& all, const scaled& s, const std::filesystem::path& home, int group)
{
    video_shape shape = s.video;
    shape.seconds = std::min(shape.seconds, 110);
    shape.group_size = group * 30;
    const auto of = [&](cutting mode, const char* name) {
        return prepared({.mode = mode,
                         .folder = home / fmt::format("{}_{}", name, group),
                         .preset = s.preset,
                         .segments = spread(s.encoded, std::chrono::seconds(shape.seconds), s.length)},
                        shape);
    };
    const auto smart = of(cutting::smart, "smart"), whole = of(cutting::encode, "whole");
    all.contests.push_back({.name = fmt::format("smart, {} s", group),
                            .work = fmt::format("clips of 10 s out of a video with a key frame every {} s", group),
                            .contenders = {{.name = "encode", .take_turn = [whole] { return program(whole.get()); }},
                                           {.name = "smart", .take_turn = [smart] { return program(smart.get()); }}}});
    const std::map<int, double> bounds{{2, 0.15}, {5, 0.40}};
    if (const auto bound = bounds.find(group); bound != bounds.end())
        all.targets.push_back({.contest = all.contests.back().name,
                               .contender = "smart",
                               .figure = "cpu_s",
                               .which = target::kind::at_most,
                               .bound = bound->second,
                               .against = "encode"});
}

scenario make(scale how_much)
{
    const scaled s = sized(how_much);
    const std::filesystem::path home =
        std::filesystem::temp_directory_path() / "reelpipe_bench_cut" / (how_much == scale::smoke ? "smoke" : "");
    const std::chrono::seconds video(s.video.seconds);
    const auto server = std::make_shared<reelpipe::test::nginx>(home / "lossless");
    const auto encode = prepared({.mode = cutting::encode,
                                  .folder = home / "encode",
                                  .preset = s.preset,
                                  .segments = spread(s.encoded, video, s.length)},
                                 s.video);
    const auto lossless = prepared({.mode = cutting::lossless,
                                    .folder = home / "lossless",
                                    .preset = s.preset,
                                    .segments = spread(s.lossless, video, s.length),
                                    .address = server->url("videos")},
                                   s.video);
    scenario all{
        .name = "cut",
        .columns = {{.figure = "cpu_s", .heading = "CPU ms/clip", .scale = 1000, .decimals = 1},
                    {.figure = "wall_s", .heading = "wall ms/clip", .scale = 1000, .decimals = 1}},
        .contests =
            {{.name = "encode",
              .work = "clips of 10 s out of a video of 300 s, 640x360, encoded anew",
              .contenders = {{.name = "reelpipe", .take_turn = [encode] { return program(encode.get()); }},
                             {.name = "its stages", .take_turn = [encode] { return in_process(encode.get()); }},
                             {.name = "ffmpeg -ss", .take_turn = [encode] { return ffmpeg_process(encode.get()); }}}},
             {.name = "lossless",
              .work = "the same clips without encoding, fetched on loopback",
              .contenders = {{.name = "reelpipe", .take_turn = [lossless, server] { return program(lossless.get()); }},
                             {.name = "its stages, from the disk",
                              .take_turn = [lossless] { return in_process(lossless.get()); }},
                             {.name = "ffmpeg -ss -c copy",
                              .take_turn = [lossless, server] { return ffmpeg_process(lossless.get()); }}}}},
        .targets = {{.contest = "encode",
                     .contender = "reelpipe",
                     .figure = "cpu_s",
                     .which = target::kind::at_most,
                     .bound = 1.02,
                     .against = "ffmpeg -ss"},
                    {.contest = "lossless",
                     .contender = "reelpipe",
                     .figure = "cpu_s",
                     .which = target::kind::at_most,
                     .bound = 0.015}},
        .setup = {{"libavcodec",
                   std::to_string(avcodec_version() >> 16) + "." + std::to_string(avcodec_version() >> 8 & 255)}},
        .rounds = how_much == scale::quick ? 1 : 0};
    for (const int group : how_much == scale::smoke ? std::vector{2} : std::vector{1, 2, 5, 8})
        add_smart(all, s, home, group);
    return all;
}

}  // namespace

int main(int argc, char** argv)
{
    reelpipe::use_zeroed_memory();
    return run_bench(argc, argv, "What it costs to cut a clip, here and by ffmpeg.", make);
}
