// bench_fetch: what clips cost the network, and how long they take on it. Clips of 10 s all over a video, 8 at once;
// every contender ends with a file a clip whose packets were copied; reelpipe's stages run in this process. Bytes and
// requests are those that the server counts, which is 100 ms away and gives a connection 1 MB/s, or has no limits.
// Before a time counts, the frames of all clips are counted: no fewer than the video has there, and of reelpipe's
// exactly as many.
#include <array>

#include "fetch/workload.hpp"
#include "support/process.hpp"

namespace {

using namespace reelpipe::bench;
using namespace std::chrono_literals;

std::vector<shape> shapes()
{
    return {{.name = "MP4, index first", .files = {"long.mp4"}, .video = "long.mp4"},
            {.name = "MP4, index last", .files = {"long_moov_last.mp4"}, .video = "long.mp4"},
            {.name = "pair of MP4",
             .files = {"long_video.mp4", "long_audio.m4a"},
             .video = "long.mp4",
             .yt_dlp_knows = false},
            {.name = "WebM with Cues", .files = {"long.webm"}, .video = "long.webm", .type = ".webm"},
            {.name = "MPEG-TS", .files = {"long.ts"}, .video = "long.ts", .run_up = 6s},
            {.name = "HLS, MPEG-TS", .files = {"hls_ts/list.m3u8"}, .video = "long.mp4"},
            {.name = "HLS, MP4",
             .files = {"hls_mp4/list.m3u8"},
             .video = "long.mp4",
             .ffmpeg_seeks = false,
             .yt_dlp_knows = false}};
}

const std::array networks{network{.name = "near"},
                          network{.name = "far", .to_first_byte = 100ms, .bytes_a_second = 1'000'000}};

contest contest_of(const workload& w, const network& net)
{
    contest all{.name = w.source.name + ", " + net.name,
                .work = std::to_string(w.segments.size()) + " clips, " + std::to_string(w.at_once) + " at once",
                .contenders = {{.name = "reelpipe", .take_turn = [w] { return reelpipe_fetcher(w); }},
                               {.name = "whole file", .take_turn = [w] { return whole_file(w); }}}};
    if (w.source.ffmpeg_seeks)
        all.contenders.push_back({.name = "ffmpeg -ss URL", .take_turn = [w] { return ffmpeg_url(w); }});
    if (w.source.yt_dlp_knows) all.contenders.push_back({.name = "yt-dlp", .take_turn = [w] { return yt_dlp(w); }});
    return all;
}

scenario make(scale how_much)
{
    std::string version = reelpipe::test::output_of({"yt-dlp", "--version"});
    version.resize(version.find('\n'));
    scenario all{.name = "fetch",
                 .columns = {{.figure = "bytes", .heading = "MB/clip", .scale = 1e-6, .decimals = 2},
                             {.figure = "requests", .heading = "requests/clip", .decimals = 1},
                             {.figure = "clips_per_s", .heading = "clips/s", .decimals = 2},
                             {.figure = "overhead", .heading = "bytes/(index + clip)", .decimals = 3}},
                 .contests = {},
                 .targets = {},
                 .setup = {{"yt-dlp", version}},
                 .rounds = how_much == scale::full ? 3 : 1};
    for (const shape& source : shapes())
        for (const network& net : networks) {
            const bool is_first = source.name == shapes().front().name;
            if (how_much == scale::smoke && net.to_first_byte > 0ms) continue;
            if (how_much == scale::quick && !is_first) continue;
            const workload w =
                prepare(source, net, how_much == scale::smoke ? 1 : 8, how_much == scale::smoke ? 3s : 10s);
            all.contests.push_back(contest_of(w, net));
            const std::string name = all.contests.back().name;
            if (source.name != "MPEG-TS")
                all.targets.push_back({.contest = name,
                                       .contender = "reelpipe",
                                       .figure = "overhead",
                                       .which = target::kind::at_most,
                                       .bound = 1.10});
            for (const contender& other : all.contests.back().contenders) {
                if (other.name == "reelpipe") continue;
                all.targets.push_back({.contest = name,
                                       .contender = "reelpipe",
                                       .figure = "bytes",
                                       .which = target::kind::at_most,
                                       .bound = 1,
                                       .against = other.name});
                if (net.to_first_byte == 0ms)
                    continue;  // there the start of a process decides, and this one has started
                all.targets.push_back({.contest = name,
                                       .contender = "reelpipe",
                                       .figure = "clips_per_s",
                                       .bound = 1,
                                       .against = other.name,
                                       .aim = source.name == "MPEG-TS"});  // it is paged through
            }
        }
    return all;
}

}  // namespace

int main(int argc, char** argv)
{
    return run_bench(argc, argv, "What it costs to fetch a clip, here and by others.", make);
}
