#include "stages/cut/smart.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cutting.hpp"
#include "shown_frames.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::segment;
using reelpipe::cut::options;
using reelpipe::cut::result;
using reelpipe::cut::way;
using reelpipe::cut::why_encoded;
using reelpipe::verify::expectation;
using std::chrono::microseconds;

namespace {

const options smart{.mode = way::smart, .preset = "veryfast"};

// The source's frames of a segment.
std::vector<shown_frame> inside(const std::vector<shown_frame>& all, segment wanted, microseconds origin = {})
{
    std::vector<shown_frame> found;
    for (const shown_frame& each : all)
        if (each.time - origin >= wanted.start && each.time - origin < wanted.end) found.push_back(each);
    return found;
}

expectation expected_of(const result& made)
{
    return {.frames = made.frames, .start = made.start, .audio = made.audio, .decodable = true, .parts = made.parts};
}

// Empty where the clip is what it should be.
std::string what_is_wrong(const std::filesystem::path& clip, const result& made, const std::vector<shown_frame>& source)
{
    if (!made.parts) return "encoded as a whole: " + std::string(explain(made.encoded_because));
    try {
        reelpipe::verify::check_file(clip, expected_of(made));
    } catch (const reelpipe::verify::verify_error& e) {
        return e.what();
    }
    const std::vector<shown_frame> shown = shown_frames(clip);
    if (shown.size() != source.size())
        return std::to_string(shown.size()) + " frames instead of " + std::to_string(source.size());
    if (made.frames != static_cast<std::int64_t>(shown.size())) return "another number of frames is told";
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const microseconds off = shown[i].time - (source[i].time - source.front().time);
        if (std::chrono::abs(off) > 100us) return "frame " + std::to_string(i) + " at another time";
        const auto at = static_cast<std::int64_t>(i);
        const bool is_copied = at >= made.parts->copy_begin && at < made.parts->copy_end;
        if (is_copied && shown[i].hash != source[i].hash) return "copied frame " + std::to_string(i) + " differs";
    }
    return {};
}

std::string ffprobe_says(const std::filesystem::path& video, const std::string& entry)
{
    return output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entry, "-of",
                      "default=noprint_wrappers=1:nokey=1", video.string()});
}

microseconds origin_of(const std::filesystem::path& video)
{
    return microseconds(std::llround(std::stod(ffprobe_says(video, "format=start_time")) * 1e6));
}

// Of the clock of its frames, rounded up.
microseconds tick_of(const std::filesystem::path& video)
{
    return microseconds(1 + 1'000'000 / std::stoll(ffprobe_says(video, "stream=time_base").substr(2)));
}

// True if a frame lies within a tick of an end of the segment. Whether it belongs to the segment is then a question of
// how START and LENGTH are rounded, for ffmpeg as for every way to cut.
bool is_too_close(const std::vector<shown_frame>& all, segment wanted, microseconds origin, microseconds tick)
{
    return std::ranges::any_of(all, [&](const shown_frame& each) {
        return std::chrono::abs(each.time - origin - wanted.start) <= tick ||
               std::chrono::abs(each.time - origin - wanted.end) <= tick;
    });
}

// Cuts of one video at random, each compared with the video.
struct random_cuts {
    int copied = 0;
    std::map<std::string, int> whole{};  // clips, by why they were encoded as a whole
    std::vector<std::string> wrong{};
};

random_cuts cut_at_random(const std::filesystem::path& video, int count, double longest, std::mt19937& random)
{
    random_cuts all;
    const temp_folder folder;
    const std::vector<shown_frame> source = shown_frames(video);
    const microseconds origin = origin_of(video);
    const microseconds tick = tick_of(video);
    const double length = std::chrono::duration<double>(source.back().time - origin).count();
    for (int i = 0; i < count; ++i) {
        segment wanted;
        std::vector<shown_frame> want;
        while (want.empty() || is_too_close(source, wanted, origin, tick)) {
            const double start = std::uniform_real_distribution(0.0, length)(random);
            const double lasts = std::uniform_real_distribution(0.05, longest)(random);
            wanted = {microseconds(std::llround(start * 1e6)), microseconds(std::llround((start + lasts) * 1e6))};
            want = inside(source, wanted, origin);
        }
        std::string wrong;
        try {
            const result made = cut_to(folder / "clip.mp4", video, wanted, smart);
            if (made.parts) {
                ++all.copied;
                wrong = what_is_wrong(folder / "clip.mp4", made, want);
            } else {
                ++all.whole[std::string(explain(made.encoded_because))];
            }
        } catch (const std::exception& e) {
            wrong = e.what();
        }
        if (!wrong.empty())
            all.wrong.push_back(video.filename().string() + " from " + seconds(wanted.start) + " to " +
                                seconds(wanted.end) + ": " + wrong);
    }
    return all;
}

}  // namespace

TEST_CASE("a smart cut shows the source's frames, and those behind the first IDR frame bit by bit", "[smart]")
{
    const temp_folder folder;
    const auto source = shown_frames(video("moov_first.mp4"));
    const segment wanted = GENERATE(segment{3s, 13s}, segment{0s, 10s}, segment{7700ms, 12345ms}, segment{4s, 5100ms});
    const result made = cut_to(folder / "clip.mp4", video("moov_first.mp4"), wanted, smart);
    CAPTURE(wanted.start.count(), wanted.end.count());
    CHECK(what_is_wrong(folder / "clip.mp4", made, inside(source, wanted)).empty());
}

TEST_CASE("smart cuts at random are right, whatever the video", "[smart]")
{
    const std::string name =
        GENERATE("moov_first.mp4", "variable_rate.mp4", "edit_list.mp4", "late_frame.mp4", "anamorphic.mp4",
                 "h264_10bit.mp4", "h264_422.mp4", "stamped.mp4", "fragments.mp4", "video.mkv", "pair_video.mp4");
    std::mt19937 random(7);
    const random_cuts made = cut_at_random(video(name), 5, 4, random);
    CAPTURE(name, made.whole);
    CHECK(made.wrong.empty());
    CHECK(made.copied > 0);
}

TEST_CASE("a smart clip whose first frame waits longer than its last ones passes its check", "[smart]")
{
    const temp_folder folder;
    const auto source = folder / "gaps.mp4";
    output_of({"ffmpeg",  "-nostdin", "-v",           "error",
               "-f",      "lavfi",    "-i",           "testsrc2=size=320x180:rate=30000/1001:duration=24",
               "-c:v",    "libx264",  "-threads",     "1",
               "-preset", "veryfast", "-pix_fmt",     "yuv420p",
               "-g",      "60",       "-vf",          "select='not(eq(mod(n\\,7)\\,3))*not(eq(mod(n\\,11)\\,4))'",
               "-vsync",  "vfr",      source.string()});
    const segment wanted{14'001'642us, 22'708'113us};
    const result made = cut_to(folder / "clip.mp4", source, wanted, smart);
    const std::string wrong = what_is_wrong(folder / "clip.mp4", made, inside(shown_frames(source), wanted));
    CAPTURE(wrong);
    CHECK(wrong.empty());
}

TEST_CASE("what is not sure to be right is encoded as a whole, and says why", "[smart]")
{
    using enum why_encoded;
    struct row {
        const char* name;
        segment wanted;
        why_encoded why;
        options how = smart;
    };
    options shaped = smart, kept = smart;
    shaped.short_side = 90;
    kept.keep_corrupt = true;
    const auto each = GENERATE_REF(values<row>({
        {"moov_first.mp4", {3s, 4s}, no_key_frame},
        {"moov_first.mp4", {3s, 7s}, changed_frames, shaped},
        {"moov_first.mp4", {3s, 7s}, changed_frames, kept},
        {"open_gop.mp4", {3s, 9s}, no_key_frame},
        {"hevc.mp4", {1s, 3s}, codec},
        {"video.webm", {1s, 4s}, codec},
        {"video.ts", {3s, 9s}, container},
        {"interlaced.mp4", {1s, 3s}, interlaced},
        {"turned_90.mp4", {1s, 3s}, rotated},
        {"h264_444_odd.mp4", {1s, 3s}, encoder_differs},
        {"late_frame.mp4", {0s, 5s}, late_start},
    }));
    CAPTURE(each.name);
    const temp_folder folder;
    const result made = cut_to(folder / "smart.mp4", video(each.name), each.wanted, each.how);
    CHECK(explain(made.encoded_because) == explain(each.why));
    CHECK_FALSE(made.parts);

    options whole = each.how;
    whole.mode = way::encode;
    const result same = cut_to(folder / "whole.mp4", video(each.name), each.wanted, whole);
    CHECK(made.frames == same.frames);
    CHECK(made.start == same.start);
    CHECK(made.duration == same.duration);
    CHECK(made.audio == same.audio);
}

TEST_CASE("the audio of a smart clip begins with its first frame and is that of the source", "[smart]")
{
    const temp_folder folder;
    const segment wanted{3s, 9s};
    const result made = cut_to(folder / "clip.mp4", video("moov_first.mp4"), wanted, smart);
    REQUIRE(made.parts);
    CHECK(made.audio);
    cut_to(folder / "whole.mp4", video("moov_first.mp4"), wanted, {.preset = "ultrafast"});
    const auto count = [&](const char* name) {
        const std::string all = packets_of(folder / name, "a");
        return std::ranges::count(all, '\n');
    };
    CHECK(std::abs(count("clip.mp4") - count("whole.mp4")) <= 2);
}

TEST_CASE("re-encoded frames of a smart clip look like the source's", "[smart]")
{
    const temp_folder folder;
    const result made = cut_to(folder / "clip.mp4", video("moov_first.mp4"), {3s, 13s}, smart);
    REQUIRE(made.parts);
    const std::string pairs = "[0:v]setpts=N/30/TB[clip];[1:v]setpts=N/30/TB[source];[clip][source]psnr=stats_file=" +
                              (folder / "psnr.txt").string();
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", (folder / "clip.mp4").string(), "-ss", "3", "-t", "10", "-i",
               video("moov_first.mp4").string(), "-lavfi", pairs, "-f", "null", "-"});
    std::vector<double> likenesses;  // in dB, of frames that are not copied
    std::istringstream lines(read_file(folder / "psnr.txt"));
    for (std::string line; std::getline(lines, line);) {
        const std::string name = "psnr_avg:";
        const double likeness = std::stod(line.substr(line.find(name) + name.size()));
        if (!std::isinf(likeness)) likenesses.push_back(likeness);
    }
    REQUIRE(likenesses.size() >= static_cast<std::size_t>(made.parts->copy_begin));
    std::ranges::sort(likenesses);
    CHECK(likenesses.front() >= 36);
    CHECK(likenesses[likenesses.size() / 2] >= 40);
}

// Over the videos of a folder, as scripts/check_smart makes them: ZOO the folder, CUTS how many of each, SEED.
TEST_CASE("random cuts of a folder of videos", "[.zoo]")
{
    const char *const zoo = std::getenv("ZOO"), *const cuts = std::getenv("CUTS"), *const seed = std::getenv("SEED");
    REQUIRE(zoo);
    std::mt19937 random(static_cast<unsigned>(seed ? std::atoi(seed) : 1));
    std::vector<std::filesystem::path> videos;
    for (const auto& each : std::filesystem::directory_iterator(zoo)) videos.push_back(each.path());
    std::ranges::sort(videos);
    for (const auto& video : videos) {
        const random_cuts made = cut_at_random(video, cuts ? std::atoi(cuts) : 3, 12, random);
        std::cerr << video.filename().string() << ": " << made.copied << " copied";
        for (const auto& [why, count] : made.whole) std::cerr << ", " << count << " whole (" << why << ")";
        std::cerr << '\n';
        for (const std::string& each : made.wrong) FAIL_CHECK(each);
    }
}
