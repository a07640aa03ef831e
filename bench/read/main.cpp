// bench_read: what it costs a trainer to read clips of each kind: size, and CPU seconds of one random frame, of 8
// uniform frames and of all, with libav, PyAV and OpenCV on one thread. Before a time counts, the clip's frames are
// counted, and each frame that a seek gives is compared with the one that stands there when all are read in turn.
//
// The clips are of one segment: libx264's own settings (a key frame every 250 frames at least), --gop 12, --for
// training,
// --cut lossless and --cut smart of a video with a key frame every 5 s or less. The kinds take turns with each reader,
// so the ratios hold on a machine that is busy; the size of made-up footage says little about a camera's.
//
//     build/release/bin/bench_read --scale full --json read.json
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "media/av.hpp"
#include "read/clips.hpp"

namespace {

using namespace reelpipe::bench;
namespace fs = std::filesystem;

using read_function = std::function<figures(const footage&, const fs::path&)>;

void add_reader(scenario& all, const std::shared_ptr<const footage>& made, const std::string& name,
                const read_function& read)
{
    contest one{.name = name, .work = "reads a clip; the ratio is that of a random frame", .contenders = {}};
    for (const cut_clip& clip : made->clips)
        one.contenders.push_back({.name = clip.name, .take_turn = [made, clip, read] {
                                      figures found = read(*made, clip.file);
                                      found["bytes"] = static_cast<double>(fs::file_size(clip.file));
                                      return found;
                                  }});
    all.contests.push_back(std::move(one));
    all.targets.push_back({.contest = name,
                           .contender = "--for training",
                           .figure = "random_s",
                           .which = target::kind::at_most,
                           .bound = 0.5,
                           .against = "default",
                           .aim = true});
}

scenario make(scale how_much)
{
    const fs::path home =
        fs::temp_directory_path() / "reelpipe_bench_read" / (how_much == scale::smoke ? "smoke" : "quick");
    const auto made = std::make_shared<const footage>(make_footage(how_much, home));
    scenario all{.name = "read",
                 .columns = {{.figure = "random_s", .heading = "one frame, CPU ms", .scale = 1000, .decimals = 2},
                             {.figure = "eight_s", .heading = "8 frames, CPU ms", .scale = 1000, .decimals = 1},
                             {.figure = "whole_s", .heading = "all frames, CPU ms", .scale = 1000, .decimals = 1},
                             {.figure = "bytes", .heading = "KB", .scale = 0.001}},
                 .contests = {},
                 .targets = {},
                 .setup = {{"libavcodec", fmt::format("{}.{}", avcodec_version() >> 16, avcodec_version() >> 8 & 255)},
                           {"frames", std::to_string(made->frames)}},
                 .rounds = how_much == scale::quick ? 3 : 0};
    add_reader(all, made, "libav", read_by_libav);
    if (has_python_module("av"))
        add_reader(all, made, "PyAV", [](const footage& f, const fs::path& c) { return read_by_python(f, c, "pyav"); });
    if (has_python_module("cv2"))
        add_reader(all, made, "OpenCV",
                   [](const footage& f, const fs::path& c) { return read_by_python(f, c, "opencv"); });
    return all;
}

}  // namespace

int main(int argc, char** argv) { return run_bench(argc, argv, "What it costs to read clips.", make); }
