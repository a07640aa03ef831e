#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "media/error.hpp"
#include "media/span_plan.hpp"
#include "reelpipe/zeroed_memory.hpp"
#include "stages/cut/cut.hpp"
#include "stages/cut/cutting.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sanitizer.hpp"
#include "support/sparse_copy.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::cut::options;
using reelpipe::cut::result;
using reelpipe::media::partial_file;
using reelpipe::test::output_of;
using reelpipe::test::rate_of;
using reelpipe::test::seconds;
using reelpipe::test::sparse_copy;
using reelpipe::test::temp_folder;
using reelpipe::test::video;

namespace {

// The macroblock tree of libx264 looks at memory that it did not write.
const bool has_zeroed_memory = (reelpipe::use_zeroed_memory(), true);

// Under a sanitizer that memory is not fresh; ultrafast plants no macroblock tree.
constexpr const char* preset = reelpipe::test::sanitized ? "ultrafast" : "veryfast";

// The crawler's own command.
void classic_cut(const fs::path& from, const fs::path& to, segment wanted, const options& how)
{
    output_of({"ffmpeg",
               "-nostdin",
               "-v",
               "error",
               "-y",
               "-i",
               from.string(),
               "-ss",
               seconds(wanted.start),
               "-t",
               seconds(wanted.end - wanted.start),
               "-c:v",
               "libx264",
               "-r",
               rate_of(from),
               "-preset",
               how.preset,
               "-crf",
               std::to_string(how.crf),
               "-c:a",
               "copy",
               "-threads",
               "1",
               to.string()});
}

std::string h264_of(const fs::path& clip)
{
    return output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", clip.string(), "-map", "0:v", "-c", "copy", "-bsf:v",
                      "h264_mp4toannexb", "-f", "h264", "-"});
}

// Times, sizes and hashes of all packets.
std::string audio_packets_of(const fs::path& clip)
{
    return output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", clip.string(), "-map", "0:a", "-c", "copy", "-copyts",
                      "-f", "framemd5", "-"});
}

struct audio_packet {
    long long time;
    std::string hash;
};

std::vector<audio_packet> audio_in(const fs::path& clip)
{
    std::istringstream lines(audio_packets_of(clip));
    std::vector<audio_packet> all;
    for (std::string line; std::getline(lines, line);) {
        long long time = 0;
        char hash[33] = "";
        if (std::sscanf(line.c_str(), "0, %*d, %lld, %*d, %*d, %32s", &time, hash) == 2) all.push_back({time, hash});
    }
    return all;
}

bool is_same_but_for_a_millisecond(const audio_packet& one, const audio_packet& other)
{
    return one.hash == other.hash && std::abs(one.time - other.time) <= 45;  // at 44.1 kHz
}

// What the fetch stage would have brought.
void bring_what_is_planned(sparse_copy& copy, segment wanted)
{
    const std::vector<segment> segments{wanted};
    for (;;) {
        const auto plan = reelpipe::media::plan_spans(copy.file(), segments);
        if (plan.needed.empty()) return;
        copy.copy(plan.needed);
    }
}

}  // namespace

TEST_CASE("an encoded clip is bit for bit that of the classic command", "[encode][long]")
{
    const temp_folder folder;
    const segment wanted = GENERATE(segment{0s, 4s},           // from the beginning
                                    segment{2502500us, 5s},    // on a key frame
                                    segment{3700ms, 7700ms},   // between two
                                    segment{17s, 27s},         // whole seconds, between two frames
                                    segment{12345678us, 14s},  // any fraction
                                    segment{36s, 40s},         // to the end
                                    segment{37s, 47s});        // beyond it
    const options how{.preset = preset};
    CAPTURE(wanted.start.count(), wanted.end.count());
    const std::string name = GENERATE("moov_first.mp4", "moov_last.mp4");
    sparse_copy copy(video(name));
    bring_what_is_planned(copy, wanted);

    // Holes read as zeros: a read of anything that was not planned would spoil the result.
    encode_to(folder / "clip.mp4", {.video = copy.pretending_to_be_whole()}, wanted, how);

    classic_cut(video(name), folder / "classic.mp4", wanted, how);
    const bool same_frames = h264_of(folder / "clip.mp4") == h264_of(folder / "classic.mp4");
    CHECK(same_frames);
    CHECK(audio_packets_of(folder / "clip.mp4") == audio_packets_of(folder / "classic.mp4"));
}

TEST_CASE("so it is for every container, frame rate and kind of frame", "[encode][long]")
{
    const temp_folder folder;
    const std::string name =
        GENERATE("edit_list.mp4", "open_gop.mp4", "video.mkv", "video.webm", "video.ts", "fragments.mp4",
                 "fragments_sidx.mp4", "variable_rate.mp4", "late_frame.mp4", "full_range.mp4", "hevc.mp4");
    const segment wanted = GENERATE(segment{0s, 2s}, segment{600ms, 2s}, segment{4300ms, 6s}, segment{5500ms, 20s});
    const options how{.preset = "ultrafast"};
    CAPTURE(name, wanted.start.count());
    sparse_copy copy(video(name));
    bring_what_is_planned(copy, wanted);

    encode_to(folder / "clip.mp4", {.video = copy.file()}, wanted, how);

    classic_cut(video(name), folder / "classic.mp4", wanted, how);
    const bool same_frames = h264_of(folder / "clip.mp4") == h264_of(folder / "classic.mp4");
    CHECK(same_frames);
    if (name == "video.mkv")  // which counts milliseconds; ffmpeg 7 puts audio between them
        CHECK(std::ranges::equal(audio_in(folder / "clip.mp4"), audio_in(folder / "classic.mp4"),
                                 is_same_but_for_a_millisecond));
    else
        CHECK(audio_packets_of(folder / "clip.mp4") == audio_packets_of(folder / "classic.mp4"));
}

TEST_CASE("a clip of small frames does not depend on what was in the memory before", "[encode]")
{
    const temp_folder folder;
    const fs::path small = folder / "small.webm";
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=101x99:rate=25:duration=6",
               "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p", small.string()});
    const segment wanted{3s, 5s};
    const options how{.preset = preset};
    sparse_copy copy(small);
    bring_what_is_planned(copy, wanted);
    std::vector<std::string> used, kept;  // in turns, so that what is freed stays in the heap, piece by piece
    for (std::size_t bytes = 1000; bytes < 128'000; bytes += 500) {
        used.emplace_back(bytes, '\xa5');
        kept.emplace_back(100, ' ');
    }
    used.clear();

    encode_to(folder / "clip.mp4", {.video = copy.file()}, wanted, how);

    output_of({"ffmpeg",       "-nostdin", "-v",
               "error",        "-ss",      "3",
               "-t",           "2",        "-i",
               small.string(), "-vf",      "crop=100:98:0:0",
               "-c:v",         "libx264",  "-preset",
               preset,         "-pix_fmt", "yuv420p",
               "-threads",     "1",        (folder / "classic.mp4").string()});
    const bool same_frames = h264_of(folder / "clip.mp4") == h264_of(folder / "classic.mp4");
    CHECK(same_frames);
}

TEST_CASE("video and audio of two files are cut like the one file that is made of them", "[encode]")
{
    const temp_folder folder;
    const std::string frames = GENERATE("pair_video.mp4", "pair_video.webm");
    const std::string audio = GENERATE("pair_audio.m4a", "pair_audio.webm");
    const segment wanted = GENERATE(segment{0s, 2s}, segment{4300ms, 6s}, segment{10s, 20s});
    const options how{.preset = "ultrafast"};
    CAPTURE(frames, audio, wanted.start.count());
    const reelpipe::test::whole_file first(video(frames)), second(video(audio));

    const result done = encode_to(folder / "clip.mp4", {.video = first.file(), .audio = second.file()}, wanted, how);

    output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", video(frames), "-i", video(audio), "-map", "0:v", "-map",
               "1:a", "-c", "copy", folder / "merged.mp4"});
    classic_cut(folder / "merged.mp4", folder / "classic.mp4", wanted, how);
    const bool same_frames = h264_of(folder / "clip.mp4") == h264_of(folder / "classic.mp4");
    CHECK(same_frames);
    CHECK(done.audio);
    CHECK(audio_packets_of(folder / "clip.mp4") == audio_packets_of(folder / "classic.mp4"));
}

TEST_CASE("preset and quality are those of libx264", "[encode]")
{
    const temp_folder folder;
    const reelpipe::test::whole_file whole(video("silent.mp4"));
    const segment wanted{5s, 7s};
    const options how{.preset = "medium", .crf = 30};

    const result done = encode_to(folder / "clip.mp4", {.video = whole.file()}, wanted, how);

    classic_cut(video("silent.mp4"), folder / "classic.mp4", wanted, how);
    const bool same_frames = h264_of(folder / "clip.mp4") == h264_of(folder / "classic.mp4");
    CHECK(same_frames);
    CHECK_FALSE(done.audio);
    CHECK(done.frames == 60);
}

TEST_CASE("a clip of a video that ends too early tells how much is missing", "[encode]")
{
    const temp_folder folder;
    const reelpipe::test::whole_file whole(video("moov_first.mp4"));  // 40 s

    const result whole_clip =
        encode_to(folder / "whole.mp4", {.video = whole.file()}, {30s, 40s}, {.preset = "ultrafast"});
    const result short_clip =
        encode_to(folder / "short.mp4", {.video = whole.file()}, {35s, 45s}, {.preset = "ultrafast"});

    CHECK(whole_clip.missing == 0us);
    CHECK(std::chrono::abs(short_clip.missing - 5s) < 50ms);
    CHECK(std::chrono::abs(short_clip.duration - 5s) < 50ms);
}

TEST_CASE("a segment that starts beyond the end is told apart from bad media", "[encode]")
{
    const temp_folder folder;
    const reelpipe::test::whole_file whole(video("moov_first.mp4"));
    try {
        encode_to(folder / "clip.mp4", {.video = whole.file()}, {100s, 110s}, {});
        FAIL("there is nothing to cut");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == reelpipe::media::fault::beyond_end);
    }
}

TEST_CASE("damage inside the segment fails the clip, damage elsewhere does not", "[encode]")
{
    const temp_folder folder;
    std::string content = reelpipe::test::read_file(video("moov_first.mp4"));
    sparse_copy copy(video("moov_first.mp4"));
    const segment wanted = GENERATE(segment{10500ms, 12s}, segment{9900ms, 10s});  // in the middle; in what leads to it
    CAPTURE(wanted.start.count());
    bring_what_is_planned(copy, wanted);
    const auto span = copy.file().held.ranges().back();
    const std::uint64_t middle = (span.begin + span.end) / 2;
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(middle), 3000, '\x5a');
    reelpipe::test::write_file(folder / "damaged.mp4", content);
    const reelpipe::test::whole_file damaged(folder / "damaged.mp4");

    try {
        encode_to(folder / "clip.mp4", {.video = damaged.file()}, wanted, {.preset = "ultrafast"});
        FAIL("damaged frames were taken");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == reelpipe::media::fault::corrupt);
    }
    CHECK_NOTHROW(encode_to(folder / "clip.mp4", {.video = damaged.file()}, {20s, 22s}, {.preset = "ultrafast"}));

    const auto length = wanted.end - wanted.start;
    const result kept = encode_to(folder / "kept.mp4", {.video = damaged.file()}, wanted,
                                  {.preset = "ultrafast", .keep_corrupt = true});
    CHECK(std::chrono::abs(kept.duration - length) < 200ms);
}

TEST_CASE("a byte that was not fetched is asked for, not read as zero", "[encode]")
{
    const temp_folder folder;
    sparse_copy copy(video("moov_first.mp4"));
    bring_what_is_planned(copy, {10s, 12s});
    CHECK_THROWS_AS(encode_to(folder / "clip.mp4", {.video = copy.file()}, {30s, 32s}, {}),
                    reelpipe::media::missing_bytes);
}

TEST_CASE("a stop request ends a cut", "[encode]")
{
    const temp_folder folder;
    const reelpipe::test::whole_file whole(video("moov_first.mp4"));
    const int clip = open((folder / "clip.mp4").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(clip >= 0);
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(reelpipe::cut::encode({.video = whole.file()}, {0s, 10s}, clip, {}, stop.get_token()),
                    std::system_error);
    close(clip);
}

TEST_CASE("a full disk is a system error, not a broken clip", "[encode]")
{
    const reelpipe::test::whole_file whole(video("moov_first.mp4"));
    const int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    REQUIRE(full >= 0);
    try {
        reelpipe::cut::encode({.video = whole.file()}, {0s, 2s}, full, {.preset = "ultrafast"});
        FAIL("nothing could be written");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::no_space_on_device);
    }
    close(full);
}
