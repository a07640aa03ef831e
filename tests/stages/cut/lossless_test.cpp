#include "stages/cut/lossless.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "media/error.hpp"
#include "media/span_plan.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sparse_copy.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::cut::result;
using reelpipe::test::output_of;
using reelpipe::test::sparse_copy;
using reelpipe::test::temp_folder;

namespace {

fs::path source_video(const std::string& name) { return fs::path(REELPIPE_TEST_MEDIA) / name; }

result copy_to(const fs::path& path, const reelpipe::cut::input& source, segment wanted)
{
    const int clip = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(clip >= 0);
    struct closing {
        ~closing() { close(file); }
        int file;
    } const at_the_end{clip};
    return reelpipe::cut::copy(source, wanted, clip);
}

// From a copy that holds what the plan for the segment asks for and nothing else.
result copy_planned(const fs::path& path, const fs::path& from, segment wanted)
{
    sparse_copy held(from);
    const std::vector<segment> segments{wanted};
    for (;;) {
        const auto plan = reelpipe::media::plan_spans(held.file(), segments);
        if (plan.needed.empty()) break;
        held.copy(plan.needed);
    }
    return copy_to(path, {.video = held.file()}, wanted);
}

struct frame {
    std::int64_t milliseconds = 0;
    std::string hash{};
};

// What the ffmpeg program decodes; its times and hashes.
std::vector<frame> frames_of(const fs::path& file, const std::vector<std::string>& part = {})
{
    std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error", "-i", file};
    command.insert(command.end(), part.begin(), part.end());
    for (const char* word : {"-map", "0:v", "-vsync", "passthrough", "-enc_time_base", "-1", "-f", "framemd5", "-"})
        command.emplace_back(word);
    std::vector<frame> all;
    std::istringstream lines(output_of(command));
    double tick = 0;
    for (std::string line; std::getline(lines, line);) {
        int numerator = 0, denominator = 1;
        if (std::sscanf(line.c_str(), "#tb 0: %d/%d", &numerator, &denominator) == 2)
            tick = double(numerator) / double(denominator);
        if (line.empty() || line[0] == '#') continue;
        long long pts = 0;
        REQUIRE(std::sscanf(line.c_str(), "%*d,%*[ 0-9-],%lld", &pts) == 1);
        all.push_back({std::llround(double(pts) * tick * 1000), line.substr(line.rfind(' ') + 1)});
    }
    return all;
}

// Those whose time is in the segment, as they are counted from its start.
std::vector<frame> frames_of(const fs::path& file, segment wanted)
{
    const double start = std::chrono::duration<double>(wanted.start).count();
    const double end = std::chrono::duration<double>(wanted.end).count();
    auto all =
        frames_of(file, {"-vf", "select=gte(t\\," + std::to_string(start) + ")*lt(t\\," + std::to_string(end) + ")"});
    for (frame& each : all) each.milliseconds -= std::llround(start * 1000);
    return all;
}

// The program counts the times of a silent video from its first frame.
std::vector<frame> counted_from_the_first(std::vector<frame> all)
{
    const std::int64_t first = all.empty() ? 0 : all.front().milliseconds;
    for (frame& each : all) each.milliseconds -= first;
    return all;
}

bool are_the_same(const std::vector<frame>& a, const std::vector<frame>& b)
{
    return std::ranges::equal(a, b, [](const frame& x, const frame& y) {
        return x.hash == y.hash && std::abs(x.milliseconds - y.milliseconds) <= 1;
    });
}

// The audio from the clip's time 0 on.
std::vector<float> audio_of(const fs::path& clip)
{
    const std::string raw = output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-map", "0:a", "-af",
                                       "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "f32le", "-"});
    std::vector<float> samples(raw.size() / sizeof(float));
    std::memcpy(samples.data(), raw.data(), samples.size() * sizeof(float));
    return samples;
}

// When a click is heard, in seconds.
std::vector<double> clicks_of(const std::vector<float>& audio)
{
    std::vector<double> all;
    for (std::size_t i = 0; i < audio.size(); ++i) {
        const double time = double(i) / 48000;
        if (std::abs(audio[i]) > 0.25f && (all.empty() || time > all.back() + 0.5)) all.push_back(time);
    }
    return all;
}

}  // namespace

TEST_CASE("a lossless clip shows the source's frames of the segment, bit for bit and in time", "[lossless][long]")
{
    const temp_folder folder;
    const std::string name =
        GENERATE("moov_first.mp4", "open_gop.mp4", "hevc.mp4", "hevc_open_gop.mp4", "video.webm", "vp9.mp4",
                 "silent.ts", "video.mkv", "fragments_sidx.mp4", "variable_rate.mp4", "edit_list.mp4", "late_frame.mp4",
                 "h264_10bit.mp4", "hevc_10bit.mp4", "av1.mp4", "av1_10bit.mkv", "vp9_10bit.webm", "mpeg4.mp4");
    const segment wanted = GENERATE(segment{0s, 1500ms}, segment{1250ms, 2600ms}, segment{2s, 20s});
    CAPTURE(name, wanted.start.count());

    const result done = copy_planned(folder / "clip.mp4", source_video(name), wanted);

    const auto expected = frames_of(source_video(name), wanted);
    auto found = frames_of(folder / "clip.mp4");
    // libdav1d before FFmpeg 6.1 shows what an edit list hides.
    if (name.starts_with("av1")) std::erase_if(found, [](const frame& each) { return each.milliseconds < 0; });
    CHECK(found.size() == expected.size());
    CHECK(done.frames == static_cast<std::int64_t>(expected.size()));
    const bool same = are_the_same(counted_from_the_first(found), counted_from_the_first(expected));
    CHECK(same);
    const auto facts = reelpipe::verify::check_file(folder / "clip.mp4", {.frames = done.frames,
                                                                          .start = done.start,
                                                                          .duration = done.duration,
                                                                          .audio = done.audio,
                                                                          .decodable = true});
    CHECK(facts.frames == done.frames);
    REQUIRE_FALSE(expected.empty());
    CHECK(std::abs(std::chrono::duration<double, std::milli>(done.start).count() -
                   double(expected.front().milliseconds)) < 2);
}

TEST_CASE("a frame that was dropped is none of a lossless clip", "[lossless]")
{
    const temp_folder folder;
    const segment wanted{1s, 2s};
    reelpipe::test::drop_frame(source_video("jpeg.mov"), 37, folder / "video.mov");

    const result done = copy_planned(folder / "clip.mp4", folder / "video.mov", wanted);

    const auto expected = frames_of(folder / "video.mov", wanted);
    CHECK(expected.size() == 24);
    CHECK(done.frames == 24);
    const auto found = frames_of(folder / "clip.mp4");
    CHECK(are_the_same(counted_from_the_first(found), counted_from_the_first(expected)));
    CHECK_NOTHROW(reelpipe::verify::check_file(folder / "clip.mp4", {.frames = done.frames, .decodable = true}));
}

TEST_CASE("a lossless clip may end at any frame of an open group", "[lossless]")
{
    const temp_folder folder;
    const std::string name = GENERATE("open_gop.mp4", "hevc_open_gop.mp4");
    const int frame_count = GENERATE(range(1, 64));
    const segment wanted{1s, 1s + std::chrono::microseconds(frame_count * 33367)};
    CAPTURE(name, frame_count);

    const result done = copy_planned(folder / "clip.mp4", source_video(name), wanted);

    const auto facts = reelpipe::verify::check_file(folder / "clip.mp4", {.frames = done.frames});
    CHECK(std::abs(facts.frames - frame_count) <= 1);
}

TEST_CASE("the audio of a lossless clip begins and ends with the segment, in time with the frames", "[lossless]")
{
    // A click each second.
    const temp_folder folder;
    const std::string name = GENERATE("clicks.mp4", "clicks.webm");
    const segment wanted = GENERATE(segment{0s, 3s}, segment{2300ms, 5800ms}, segment{3719ms, 7s});
    CAPTURE(name, wanted.start.count());

    const result done = copy_planned(folder / "clip.mp4", source_video(name), wanted);

    REQUIRE(done.audio);
    const std::vector<float> audio = audio_of(folder / "clip.mp4");
    const double length = std::chrono::duration<double>(wanted.end - wanted.start).count();
    CHECK(std::abs(double(audio.size()) / 48000 - length) < 1024.0 / 44100 + 0.005);
    const double start = std::chrono::duration<double>(wanted.start).count();
    const std::vector<double> clicks = clicks_of(audio);
    REQUIRE(clicks.size() >= 3);
    for (const double each : clicks) CHECK(std::abs(std::remainder(each + start - 0.5, 1.0)) < 0.025);
}

TEST_CASE("OpenCV and PyAV see the segment's frames and no others", "[lossless][long]")
{
    const temp_folder folder;
    const std::string name = GENERATE("moov_first.mp4", "open_gop.mp4", "variable_rate.mp4", "hevc.mp4", "vp9.mp4");
    const segment wanted{1250ms, 4600ms};
    CAPTURE(name);
    const result done = copy_planned(folder / "clip.mp4", source_video(name), wanted);
    const auto expected = frames_of(source_video(name), wanted);

    const std::string seen =
        output_of({"/usr/bin/python3", fs::path(REELPIPE_TESTS_SUPPORT) / "readers.py", folder / "clip.mp4"});

    std::string wanted_text = "opencv " + std::to_string(done.frames) + "\n";
    for (const frame& each : expected) wanted_text += each.hash + "\n";
    CHECK(seen == wanted_text);
}

TEST_CASE("what MP4 cannot carry is refused with a way out", "[lossless]")
{
    const temp_folder folder;
    try {
        copy_planned(folder / "clip.mp4", source_video("vp8.webm"), {0s, 2s});
        FAIL("MP4 has no VP8");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == reelpipe::media::fault::unsupported);
        CHECK(std::string(e.what()).find("--cut encode") != std::string::npos);
    }
}

TEST_CASE("a lossless clip of a video that ends too early tells how much is missing", "[lossless]")
{
    const temp_folder folder;
    const result whole = copy_planned(folder / "whole.mp4", source_video("moov_first.mp4"), {30s, 40s});
    const result cut_off = copy_planned(folder / "short.mp4", source_video("moov_first.mp4"), {35s, 45s});
    CHECK(whole.missing == 0us);
    CHECK(std::chrono::abs(cut_off.missing - 5s) < 50ms);
    try {
        copy_planned(folder / "none.mp4", source_video("moov_first.mp4"), {100s, 110s});
        FAIL("there is nothing to cut");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == reelpipe::media::fault::beyond_end);
    }
}
