// bench_cut: what a clip costs once its bytes are on the local disk. 10 s out of a film of 300 s, H.264 out with
// libx264, medium, crf 23, one thread, sound copied. CPU is user + system, of the process and its children; for
// reelpipe that includes verifying the clip and syncing it to the disk. Before a time counts, every packet of the clip
// is compared with what `ffmpeg -ss` writes.
#include <malloc.h>

#include <filesystem>

#include "cut/workload.hpp"
#include "media/av.hpp"

namespace {

using namespace reelpipe::bench;
using namespace std::chrono_literals;

workload sized(scale how_much)
{
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "reelpipe_bench_cut";
    if (how_much == scale::smoke) return prepare(folder / "smoke", 8, "160x90", {{3s, 5s}}, "ultrafast");
    std::vector<reelpipe::segment> segments{{150s, 160s}};
    if (how_much == scale::full) segments = {{25s, 35s}, {150s, 160s}, {77300ms, 87300ms}, {280s, 290s}};
    return prepare(folder, 300, "640x360", std::move(segments), "medium");
}

scenario make(scale how_much)
{
    const workload w = sized(how_much);
    return {.name = "cut",
            .columns = {{.figure = "cpu_s", .heading = "CPU s/clip", .decimals = 3},
                        {.figure = "wall_s", .heading = "wall s/clip", .decimals = 3}},
            .contests = {{.name = "encode",
                          .work = "clips of 10 s out of a film of 300 s, 640x360, encoded anew",
                          .contenders = {{.name = "reelpipe", .take_turn = [w] { return in_process(w); }},
                                         {.name = "ffmpeg -ss", .take_turn = [w] { return ffmpeg_process(w); }}}}},
            .targets = {{.contest = "encode",
                         .contender = "reelpipe",
                         .figure = "cpu_s",
                         .which = target::kind::at_most,
                         .bound = 1.02,
                         .against = "ffmpeg -ss"}},
            .setup = {{"libavcodec",
                       std::to_string(avcodec_version() >> 16) + "." + std::to_string(avcodec_version() >> 8 & 255)}}};
}

}  // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 128 << 10);  // as src/cli/main.cpp does, and why
    return run_bench(argc, argv, "What it costs to cut a clip, here and by ffmpeg.", make);
}
