#include <algorithm>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "media/av.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::cut::options;
using reelpipe::cut::result;
using namespace reelpipe::test;
namespace fs = std::filesystem;

namespace {

using words = std::vector<std::string>;

constexpr const char* described =
    "stream=width,height,pix_fmt,sample_aspect_ratio,field_order,color_range,color_space,r_frame_rate,start_time,"
    "nb_frames:stream_side_data";

// What both have to write the same of: everything about the frames, and what the container says of them.
std::string frames(const std::filesystem::path& clip)
{
    return packets_of(clip, "v") +
           output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", described, clip.string()});
}

void check_against_ffmpeg(const std::string& name, segment wanted, options how, words ffmpeg)
{
    const temp_folder folder;
    CAPTURE(name, wanted.start.count(), ffmpeg);
    how.preset = "ultrafast";
    const result done = encode_to(folder / "clip.mp4", video(name), wanted, how);

    // FFmpeg 7.1 begins at a frame that is due later with a gap, also behind the filter fps, unless it has a rate.
    const auto sets_rate = [&how](const std::string& word) {
        return word == "-r" || (how.frame_rate.empty() && word.starts_with("fps="));
    };
    const std::string rate = how.frame_rate.empty() ? rate_of(video(name)) : how.frame_rate;
    if (std::ranges::none_of(ffmpeg, sets_rate)) ffmpeg.insert(ffmpeg.end(), {"-r", rate});
    ffmpeg.insert(ffmpeg.end(), {"-an", "-c:v", "libx264", "-preset", "ultrafast"});
    ffmpeg_to(folder / "ffmpeg.mp4", video(name), wanted, ffmpeg);
    CHECK(frames(folder / "clip.mp4") == frames(folder / "ffmpeg.mp4"));
    const auto facts =
        reelpipe::verify::check_file(folder / "clip.mp4", {.frames = done.frames, .duration = done.duration});
    CHECK(std::chrono::abs(facts.start - done.start) < 1ms);
}

}  // namespace

TEST_CASE("every codec, depth, direction, shape and rate gives the frames that ffmpeg gives", "[encode][long]")
{
    const std::string name =
        GENERATE("h264_10bit.mp4", "h264_422.mp4", "hevc_10bit.mp4", "vp9_10bit.webm", "vp9_444.webm", "av1.mp4",
                 "av1_10bit.mkv", "mpeg4.mp4", "mpeg4.avi", "anamorphic.mp4", "interlaced.mp4", "stamped.mp4",
                 "turned_90.mp4", "turned_180.mp4", "turned_270.mp4", "turned_45.mp4");
    const segment wanted = GENERATE(segment{0s, 1s}, segment{1730ms, 3100ms});
    check_against_ffmpeg(name, wanted, {}, {"-pix_fmt", "yuv420p"});
}

TEST_CASE("frames that become larger are made as small as the first ones", "[encode]")
{
    check_against_ffmpeg("grows.ts", {0s, 3s}, {}, {"-pix_fmt", "yuv420p"});
}

TEST_CASE("where a frame of a video was dropped the one before is shown on", "[encode]")
{
    const temp_folder folder;
    drop_frame(video("jpeg.mov"), 37, folder / "video.mov");
    const segment wanted = GENERATE(segment{1s, 2s}, segment{1480ms, 2s}, segment{1s, 1500ms});
    check_against_ffmpeg((folder / "video.mov").string(), wanted, {}, {});
}

TEST_CASE("a video of nothing but frames begins when the first of them is shown", "[encode]")
{
    const segment wanted = GENERATE(segment{5s, 6s}, segment{5010ms, 6s}, segment{5020ms, 6s}, segment{5030ms, 6s});
    check_against_ffmpeg("silent.mp4", wanted, {}, {});
}

TEST_CASE("a frame with an odd number of pixels loses one of them", "[encode]")
{
    const std::string name = GENERATE("h264_444_odd.mp4", "vp9_odd.webm");
    check_against_ffmpeg(name, {500ms, 2s}, {}, {"-vf", "crop=160:90:0:0", "-pix_fmt", "yuv420p"});
}

TEST_CASE("frames are shaped as ffmpeg's options shape them", "[encode]")
{
    struct way {
        options how;
        words ffmpeg;
    };
    const std::vector<way> ways{
        {{.short_side = 64}, {"-vf", "scale=114:64", "-pix_fmt", "yuv420p"}},
        {{.short_side = 500}, {"-pix_fmt", "yuv420p"}},  // never larger
        {{.frame_rate = "60000/1001"}, {"-vf", "fps=60000/1001", "-pix_fmt", "yuv420p"}},
        {{.short_side = 64, .frame_rate = "10"}, {"-vf", "fps=10,scale=114:64", "-pix_fmt", "yuv420p"}},
        {{.x264_params = "bframes=0:cpu-independent=1"},
         {"-x264-params", "bframes=0:cpu-independent=1", "-pix_fmt", "yuv420p"}},
        {{.filter = "hflip,split[a][b];[a]negate[c];[c][b]hstack"},
         {"-vf", "hflip,split[a][b];[a]negate[c];[c][b]hstack", "-pix_fmt", "yuv420p"}},
        {{.filter = "fps=12"}, {"-vf", "fps=12", "-pix_fmt", "yuv420p"}},
        {{.filter = "tmix=3"}, {"-vf", "tmix=3", "-pix_fmt", "yuv420p"}},  // looks at neighbours
        {{.short_side = 40, .filter = "crop=120:80"}, {"-vf", "crop=120:80,scale=60:40", "-pix_fmt", "yuv420p"}},
        {{.gop = 5}, {"-g", "5", "-pix_fmt", "yuv420p"}},
        {{.tune = "fastdecode", .gop = 12}, {"-g", "12", "-tune", "fastdecode", "-pix_fmt", "yuv420p"}},
        {{.b_frames = 1}, {"-bf", "1", "-pix_fmt", "yuv420p"}},
        {{.square_pixels = true}, {"-vf", "scale=214:90,setsar=1", "-pix_fmt", "yuv420p"}},
        {{.short_side = 64, .square_pixels = true}, {"-vf", "scale=152:64,setsar=1", "-pix_fmt", "yuv420p"}},
        {{.multiple = 16}, {"-vf", "crop=160:80", "-pix_fmt", "yuv420p"}},
        {{.short_side = 72, .square_pixels = true, .multiple = 16},
         {"-vf", "scale=170:72,setsar=1,crop=160:64", "-pix_fmt", "yuv420p"}},
        {{.multiple = 128}, {"-vf", "crop=128:90", "-pix_fmt", "yuv420p"}},  // a side that is smaller stays
        {{.pixel_format = "yuv444p"}, {"-pix_fmt", "yuv444p"}},
        {{.crf = 35}, {"-crf", "35", "-pix_fmt", "yuv420p"}},
    };
    const auto i = GENERATE(range<std::size_t>(0, 19));
    REQUIRE(ways.size() == 19);
    check_against_ffmpeg("anamorphic.mp4", {1030ms, 2700ms}, ways[i].how, ways[i].ffmpeg);
}

TEST_CASE("pixels that are square, or nearly a line, are not made square", "[encode]")
{
    check_against_ffmpeg("moov_first.mp4", {1s, 2s}, {.square_pixels = true}, {"-pix_fmt", "yuv420p"});

    const temp_folder folder;
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:duration=2", "-vf",
               "setsar=50", folder / "line.mp4"});
    CHECK_THROWS_WITH(encode_to(folder / "clip.mp4", folder / "line.mp4", {0s, 1s}, {.square_pixels = true}),
                      Catch::Matchers::ContainsSubstring("50:1"));
}

TEST_CASE("another frame rate is that of ffmpeg's fps filter: even steps, to the last frame", "[encode][fps]")
{
    const std::string rate = GENERATE("10", "1", "7.5", "24", "30");
    const segment wanted = GENERATE(segment{8s, 10s}, segment{8010ms, 9555ms});
    check_against_ffmpeg("moov_first.mp4", wanted, {.frame_rate = rate}, {"-vf", "fps=" + rate, "-pix_fmt", "yuv420p"});
}

TEST_CASE("another frame rate is kept through uneven steps, and at both ends of a video", "[encode][fps]")
{
    const std::string rate = GENERATE("10", "24");
    const std::string name = GENERATE("variable_rate.mp4", "video.mkv");
    const segment wanted = GENERATE(segment{0s, 1400ms}, segment{13500ms, 17s});
    check_against_ffmpeg(name, wanted, {.frame_rate = rate}, {"-vf", "fps=" + rate, "-pix_fmt", "yuv420p"});
}

TEST_CASE("full range is kept or brought to limited, and the clip's tags say which", "[encode][range]")
{
    const temp_folder folder;
    const segment wanted{1s, 2s};
    const std::string source = GENERATE("full_range.mp4", "vp9", "mjpeg");
    fs::path full = video(source);
    if (source == "mjpeg") {
        full = folder / "full.avi";
        output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", video("full_range.mp4"), "-t", "3", "-an", "-c:v",
                   "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj422p", full.string()});
    }
    if (source == "vp9") {
        full = folder / "full.webm";
        output_of({"ffmpeg",
                   "-nostdin",
                   "-v",
                   "error",
                   "-i",
                   video("full_range.mp4"),
                   "-t",
                   "3",
                   "-an",
                   "-vf",
                   "scale=out_range=full,format=yuv420p",
                   "-color_range",
                   "pc",
                   "-c:v",
                   "libvpx-vp9",
                   "-deadline",
                   "realtime",
                   "-cpu-used",
                   "8",
                   full.string()});
    }
    CAPTURE(source);
    const auto range_of = [&](const options& how) {
        encode_to(folder / "clip.mp4", full, wanted, how);
        return output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=color_range",
                          "-of", "csv=p=0", folder / "clip.mp4"});
    };
    CHECK(range_of({.preset = "ultrafast"}) == "pc\n");
    CHECK(range_of({.preset = "ultrafast", .limited_range = true}) != "pc\n");  // libx264 says nothing of the usual one
    // FFmpeg 7.1 keeps the full range of yuvj420p with -pix_fmt yuv420p.
    if (source == "full_range.mp4" && avfilter_version() < AV_VERSION_INT(10, 0, 0))
        check_against_ffmpeg(source, wanted, {.limited_range = true}, {"-pix_fmt", "yuv420p"});
    check_against_ffmpeg(full.string(), wanted, {.limited_range = true},
                         {"-vf", "scale=out_range=tv", "-pix_fmt", "yuv420p"});
    check_against_ffmpeg("anamorphic.mp4", wanted, {.limited_range = true}, {"-pix_fmt", "yuv420p"});
}

TEST_CASE("a single frame that comes late in its segment is the clip", "[encode]")
{
    const temp_folder folder;
    const fs::path slow = folder / "slow.mp4", clip = folder / "clip.mp4";
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=2",
               "-c:v", "libx264", "-preset", "ultrafast", slow.string()});
    // The frame of 0.52 s is due at two thirds of it.
    const result done = encode_to(clip, slow, {500ms, 530ms}, {.preset = "ultrafast"});

    CHECK(done.frames == 1);
    CHECK(done.start == 0s);
    CHECK(reelpipe::verify::check_file(clip, {.frames = 1, .duration = done.duration}).frames == 1);
}
