#include "read/clips.hpp"

#include <fmt/format.h>

#include <fstream>

#include "runner/program.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

struct size {
    int width = 640, height = 360, seconds = 10, indices = 40;
    std::string preset = "medium";
};

size sized(scale how_much)
{
    if (how_much == scale::smoke) return {160, 90, 2, 4, "ultrafast"};
    if (how_much == scale::quick) return {.indices = 20};
    return {};
}

// Shots of 3 s: places of a fractal with detail at all scales, under a camera that shakes and zooms, and with its
// noise.
void make_video(const fs::path& video, const size& s)
{
    if (fs::exists(video)) return;
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    std::string graph, all;
    constexpr const char* places[] = {"-0.7435669:0.1314023:0.02", "-1.2560:0.3810:0.05",
                                      "-0.1011:0.9563:0.05",       "0.2925755:-0.0149977:0.02",
                                      "-0.743643:0.131825:0.01",   "-1.7687788:-0.0017389:0.01"};
    const int shots = (s.seconds + 8) / 3;
    for (int i = 0; i < shots; ++i) {
        const std::string place = places[i % 6];
        const std::size_t x = place.find(':'), y = place.find(':', x + 1);
        words.insert(
            words.end(),
            {"-f", "lavfi", "-t", "3", "-i",
             fmt::format("mandelbrot=size={}x{}:rate=30:start_x={}:start_y={}:start_scale={}:end_scale={}:end_pts=300",
                         s.width + 32, s.height + 32, place.substr(0, x), place.substr(x + 1, y - x - 1),
                         place.substr(y + 1), 0.0005)});
        graph += fmt::format(
            "[{0}:v]crop={1}:{2}:x='16+12*sin(n/7+{0})':y='16+12*sin(n/11)',"
            "noise=alls=6:allf=t+u,format=yuv420p[s{0}];",
            i, s.width, s.height);
        all += fmt::format("[s{}]", i);
    }
    graph += fmt::format("{}concat=n={}[v]", all, shots);
    const fs::path part = video.parent_path() / "part.mp4";
    words.insert(words.end(), {"-filter_complex", graph, "-map", "[v]", "-c:v", "libx264", "-preset", "veryfast",
                               "-crf", "21", "-g", "150", "-bf", "3", part.string()});
    run_program(words);
    fs::rename(part, video);
}

fs::path made(const fs::path& folder, const size& s, const std::string& name, std::vector<std::string> options)
{
    const fs::path clips = folder / name;
    fs::remove_all(clips);
    std::vector<std::string> words{REELPIPE_BINARY, "download", (folder / "list.csv").string(), "-o",
                                   clips.string(),  "--source", (folder / "videos").string(),   "--progress",
                                   "none"};
    words.insert(words.end(), options.begin(), options.end());
    if (options.empty() || options.back() != "lossless") words.insert(words.end(), {"--preset", s.preset});
    run_program(words);
    for (const fs::directory_entry& each : fs::directory_iterator(clips / "test"))
        if (each.path().extension() == ".mp4") return each.path();
    throw wrong_result("no clip of the way " + name);
}

}  // namespace

footage make_footage(scale how_much, const fs::path& folder)
{
    const size s = sized(how_much);
    fs::create_directories(folder / "videos");
    make_video(folder / "videos" / "video.mp4", s);
    const int start = 4;
    std::ofstream(folder / "list.csv") << fmt::format("youtube_id,time_start,time_end\nvideo,{},{}\n", start,
                                                      start + s.seconds);
    footage all{.frames = 30 * s.seconds};
    for (int i = 0; i < s.indices; ++i) all.indices.push_back(i * 7919 % all.frames);  // a prime: in no order
    all.clips = {{"default", made(folder, s, "default", {})},
                 {"--gop 12", made(folder, s, "gop", {"--gop", "12"})},
                 {"--for training", made(folder, s, "training", {"--for", "training"})},
                 {"lossless", made(folder, s, "lossless", {"--cut", "lossless"})},
                 {"smart", made(folder, s, "smart", {"--cut", "smart"})}};
    return all;
}

}  // namespace reelpipe::bench
