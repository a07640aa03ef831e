// Files of kinds that phones, cameras, packagers and archives make, and few others do.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cutting.hpp"
#include "media/error.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::cut::options;
using reelpipe::cut::result;
using reelpipe::cut::way;
using reelpipe::media::fault;

namespace fs = std::filesystem;

namespace {

// ffmpeg -i OF WORDS... TO, with small frames of its own where `of` is empty.
void make(const fs::path& to, const std::string& of, const std::vector<std::string>& words)
{
    std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    if (of.empty())
        command.insert(command.end(), {"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4"});
    else
        command.insert(command.end(), {"-i", of});
    command.insert(command.end(), words.begin(), words.end());
    command.push_back(to.string());
    output_of(command);
}

// A word of what ffprobe says of the frames' stream.
std::string probed(const fs::path& file, const std::string& entry)
{
    std::string text = output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=" + entry,
                                  "-of", "csv=p=0", file.string()});
    while (!text.empty() && (text.back() == '\n' || text.back() == ',')) text.pop_back();
    return text;
}

// Cuts and verifies.
result good_clip(const fs::path& clip, const fs::path& video, reelpipe::segment wanted, const options& how)
{
    const result done = cut_to(clip, video, wanted, how);
    reelpipe::verify::check_file(
        clip, {.frames = done.frames, .start = done.start, .duration = done.duration, .decodable = true});
    return done;
}

// Gives the second frame of an FLV file the decoding time of the first; it is shown when it was.
void decode_two_at_once(const fs::path& file)
{
    std::string all = read_file(file);
    const auto number_at = [&](std::size_t at) {
        return static_cast<unsigned char>(all[at]) << 16 | static_cast<unsigned char>(all[at + 1]) << 8 |
               static_cast<unsigned char>(all[at + 2]);
    };
    const auto put = [&](std::size_t at, int number) {
        for (const int shift : {16, 8, 0}) all[at++] = static_cast<char>(number >> shift & 0xff);
    };
    std::vector<std::size_t> frames;  // where their tags begin
    for (std::size_t tag = 13; tag + 15 < all.size(); tag += 15 + static_cast<std::size_t>(number_at(tag + 1)))
        if (all[tag] == 9 && all[tag + 12] == 1) frames.push_back(tag);
    const int earlier = number_at(frames.at(1) + 4) - number_at(frames.at(0) + 4);
    put(frames[1] + 4, number_at(frames[0] + 4));
    put(frames[1] + 13, number_at(frames[1] + 13) + earlier);
    write_file(file, all);
}

// The hash of a packet's bytes, and when the packet is shown.
std::map<std::string, double> packets_of(const fs::path& file, const char* stream)
{
    std::istringstream lines(output_of({"ffprobe", "-v", "error", "-select_streams", stream, "-show_data_hash", "md5",
                                        "-show_entries", "packet=pts_time,data_hash", "-of", "default=nw=1", file}));
    std::map<std::string, double> all;
    std::string time;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("pts_time=")) time = line.substr(9);
        if (line.starts_with("data_hash=") && time != "N/A") all[line.substr(10)] = std::stod(time);
    }
    return all;
}

fault fault_of(const fs::path& video, reelpipe::segment wanted, const options& how)
{
    const temp_folder folder;
    try {
        cut_to(folder / "clip.mp4", video, wanted, how);
    } catch (const reelpipe::media::error& e) {
        INFO(e.what());
        return e.kind();
    }
    FAIL("it was cut");
    throw;
}

}  // namespace

TEST_CASE("encrypted media are told as such, whatever is made of them", "[wild][encryption]")
{
    const temp_folder folder;
    const bool in_fragments = GENERATE(false, true);
    std::vector<std::string> words{"-c",
                                   "copy",
                                   "-encryption_scheme",
                                   "cenc-aes-ctr",
                                   "-encryption_key",
                                   "00112233445566778899aabbccddeeff",
                                   "-encryption_kid",
                                   "112233445566778899aabbccddeeff00"};
    if (in_fragments) words.insert(words.end(), {"-movflags", "frag_keyframe+empty_moov"});
    make(folder / "video.mp4", video("audio_mono.mp4"), words);
    for (const way mode : {way::encode, way::lossless, way::smart}) {
        CAPTURE(in_fragments, mode);
        CHECK(fault_of(folder / "video.mp4", {1s, 2s}, {.mode = mode}) == fault::encrypted);
    }
}

TEST_CASE("scrambled MPEG-TS is told as such", "[wild][encryption]")
{
    const temp_folder folder;
    std::string content = read_file(video("before.ts"));
    for (std::size_t at = 0; at + 188 <= content.size(); at += 188)
        if (content[at + 1] & 0x01) content[at + 3] = static_cast<char>(content[at + 3] | 0x80);  // frames, not tables
    write_file(folder / "video.ts", content);
    CHECK(fault_of(folder / "video.ts", {0s, 1s}, {}) == fault::encrypted);
}

TEST_CASE("frames in two fields that are samples of their own are encoded, and not copied", "[wild][fields]")
{
    const temp_folder folder;
    output_of({"ffmpeg",
               "-nostdin",
               "-v",
               "error",
               "-f",
               "lavfi",
               "-i",
               "testsrc2=s=160x96:r=50:d=4",
               "-c:v",
               "libx264",
               "-profile:v",
               "main",
               "-pix_fmt",
               "yuv420p",
               "-bf",
               "0",
               "-g",
               "1",
               "-x264-params",
               "cabac=0:threads=1",
               "-f",
               "h264",
               folder / "frames.h264"});
    output_of({"python3", REELPIPE_TESTS_SUPPORT "/field_coded.py", folder / "frames.h264", folder / "fields.h264"});
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-r", "50", "-i", folder / "fields.h264", "-c", "copy",
               folder / "video.ts"});
    make(folder / "video.mp4", folder / "video.ts", {"-c", "copy"});
    const std::string name = GENERATE("video.ts", "video.mp4");
    CAPTURE(name);

    CHECK(fault_of(folder / name, {1s, 2s}, {.mode = way::lossless}) == fault::unsupported);
    CHECK(good_clip(folder / "clip.mp4", folder / name, {1s, 2s}, {.preset = "ultrafast"}).frames > 0);
}

TEST_CASE("frames that are refreshed step by step are shown whole, or refused", "[wild][refresh]")
{
    const temp_folder folder;
    const std::string name = GENERATE("video.mkv", "video.ts", "video.mp4");
    make(folder / name, "",
         {"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "25", "-x264-params",
          "intra-refresh=1"});
    for (const way mode : {way::encode, way::lossless, way::smart}) {
        CAPTURE(name, static_cast<int>(mode));
        const options how{.mode = mode, .preset = "ultrafast"};
        // A refresh begins each second and takes as long; containers call its first frame a key frame.
        CHECK(fault_of(folder / name, {1400ms, 2400ms}, how) == fault::unsupported);
        CHECK(good_clip(folder / "clip.mp4", folder / name, {0s, 1s}, how).frames == 25);
    }
}

TEST_CASE("frames that are decoded after the end of a refresh and shown before it are not whole", "[wild][refresh]")
{
    const temp_folder folder;
    make(folder / "video.mp4", "",
         {"-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "40",
          "-b_strategy", "0", "-x264-params", "intra-refresh=1"});
    // The refresh that begins with the key frame at 1.6 s ends with a frame that B-frames lean on.
    int refused = 0, shown_whole = 0;
    for (auto start = 1640ms; start <= 2840ms; start += 40ms) {
        CAPTURE(start.count());
        try {
            const result done =
                cut_to(folder / "clip.mp4", folder / "video.mp4", {start, 3240ms}, {.mode = way::lossless});
            const std::string shown =
                output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
                           "stream=nb_read_frames", "-of", "default=nk=1:nw=1", folder / "clip.mp4"});
            CHECK(std::stoll(shown) == done.frames);
            ++shown_whole;
        } catch (const reelpipe::media::error& e) {
            CHECK(e.kind() == fault::unsupported);
            ++refused;
        }
    }
    CHECK(refused > 0);
    CHECK(shown_whole > 0);
}

TEST_CASE("parameters that change in the middle of an MP4 file are those of the frames", "[wild][parameters]")
{
    const temp_folder folder;
    const std::vector<std::string> first{"-c:v",     "libx264", "-threads", "1",  "-preset",     "veryfast",
                                         "-pix_fmt", "yuv420p", "-g",       "25", "-keyint_min", "25"};
    std::vector<std::string> second = first;
    second.insert(second.end(), {"-x264-params", "chroma-qp-offset=-12"});
    make(folder / "1.mp4", "", first);
    make(folder / "2.mp4", "", second);
    write_file(folder / "list", "file 1.mp4\nfile 2.mp4\n");
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "concat", "-auto_convert", "0", "-i", folder / "list", "-c",
               "copy", folder / "joined.mp4"});
    output_of({"python3", std::string(REELPIPE_TESTS_SUPPORT) + "/two_descriptions.py", folder / "joined.mp4",
               folder / "2.mp4", folder / "video.mp4"});
    const auto frames_of = [&](const std::string& name) {
        return output_of(
            {"ffmpeg", "-nostdin", "-v", "error", "-i", folder / name, "-map", "0:v", "-f", "rawvideo", "-"});
    };
    const reelpipe::segment across{3200ms, 5200ms}, behind{5200ms, 7200ms}, of_second{1200ms, 3200ms};

    for (const way mode : {way::encode, way::smart}) {
        CAPTURE(static_cast<int>(mode));
        const options how{.mode = mode, .preset = "ultrafast"};
        const result whole = good_clip(folder / "clip.mp4", folder / "video.mp4", behind, how);
        good_clip(folder / "right.mp4", folder / "2.mp4", of_second, {.preset = "ultrafast"});
        CHECK_FALSE(whole.parts);
        CHECK(frames_of("clip.mp4") == frames_of("right.mp4"));
        CHECK_FALSE(good_clip(folder / "clip.mp4", folder / "video.mp4", across, how).parts);
    }
    const result before = good_clip(folder / "clip.mp4", folder / "video.mp4", {1200ms, 3200ms}, {.mode = way::smart});
    CAPTURE(explain(before.encoded_because));
    CHECK(before.parts);
    CHECK(fault_of(folder / "video.mp4", across, {.mode = way::lossless}) == fault::unsupported);
    CHECK(fault_of(folder / "video.mp4", behind, {.mode = way::lossless}) == fault::unsupported);
}

TEST_CASE("a segment in front of an edit in the middle of a video has its own frames", "[wild][edits]")
{
    const temp_folder folder;
    make(folder / "whole.mp4", "",
         {"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "40", "-b_strategy", "0"});
    output_of({"python3", std::string(REELPIPE_TESTS_SUPPORT) + "/../../scripts/zoo/boxes.py", folder / "whole.mp4",
               folder / "video.mp4", "edits=0-2,2.8-4"});
    const auto frames_of = [&](const std::string& name) {
        return output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", folder / name, "-f", "framemd5", "-"});
    };
    for (const way mode : {way::encode, way::smart}) {
        CAPTURE(static_cast<int>(mode));
        // The frames that the second edit hides have times from 0.8 s on.
        good_clip(folder / "clip.mp4", folder / "video.mp4", {1s, 1960ms}, {.mode = mode, .preset = "ultrafast"});
        good_clip(folder / "right.mp4", folder / "whole.mp4", {1s, 1960ms}, {.mode = mode, .preset = "ultrafast"});
        CHECK(frames_of("clip.mp4") == frames_of("right.mp4"));
    }
    good_clip(folder / "clip.mp4", folder / "video.mp4", {1s, 1960ms}, {.mode = way::lossless});
    // From 2 s on there is the second edit, whose frames libav gives out behind all that the first one hides.
    for (const way mode : {way::encode, way::smart, way::lossless})
        CHECK(fault_of(folder / "video.mp4", {1s, 2200ms}, {.mode = mode}) == fault::unsupported);
}

TEST_CASE("frames of one decoding time are copied, and shown when they were", "[wild][lossless]")
{
    const temp_folder folder;
    make(folder / "right.flv", "",
         {"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "40", "-b_strategy", "0"});
    fs::copy(folder / "right.flv", folder / "video.flv");
    decode_two_at_once(folder / "video.flv");
    const auto frames_of = [&](const std::string& name) {
        return output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", folder / name, "-f", "framemd5", "-"});
    };
    for (const reelpipe::segment wanted : {reelpipe::segment{0s, 2s}, {1s, 3s}}) {
        good_clip(folder / "clip.mp4", folder / "video.flv", wanted, {.mode = way::lossless});
        good_clip(folder / "right.mp4", folder / "right.flv", wanted, {.mode = way::lossless});
        CHECK(frames_of("clip.mp4") == frames_of("right.mp4"));
    }
}

TEST_CASE("codecs of which libav hides the wrong frames in MP4 are not copied", "[wild][edits]")
{
    const temp_folder folder;
    const auto [name, codec] = GENERATE(std::pair{"video.mpg", "mpeg1video"}, std::pair{"video.mkv", "png"});
    make(folder / name, "", {"-c:v", codec});
    CHECK(fault_of(folder / name, {0s, 1s}, {.mode = way::lossless}) == fault::unsupported);
}

TEST_CASE("copied audio is in time with copied frames where the clocks of both are coarse", "[wild][sync]")
{
    const temp_folder folder;
    make(folder / "video.avi", "",
         {"-f", "lavfi", "-i", "anoisesrc=d=4:seed=1", "-c:v", "mpeg4", "-g", "40", "-c:a", "libmp3lame"});
    const auto start = GENERATE(1613ms, 1987ms, 2500ms);
    CAPTURE(start.count());

    good_clip(folder / "clip.mp4", folder / "video.avi", {start, 3200ms}, {.mode = way::lossless});

    std::vector<double> earlier;
    for (const char* stream : {"v", "a"}) {
        const auto in_video = packets_of(folder / "video.avi", stream);
        for (const auto& [hash, time] : packets_of(folder / "clip.mp4", stream)) {
            REQUIRE(in_video.contains(hash));
            earlier.push_back(in_video.at(hash) - time);
        }
    }
    const auto [least, most] = std::ranges::minmax(earlier);
    CHECK(most - least < 0.003);
}

TEST_CASE("interlaced frames that are samples as a whole are copied", "[wild][fields]")
{
    const temp_folder folder;
    CHECK(good_clip(folder / "clip.mp4", video("interlaced.mp4"), {1s, 2s}, {.mode = way::lossless}).frames > 0);
}

TEST_CASE("the shape of pixels that the container states reaches the clip", "[wild][shape]")
{
    const temp_folder folder;
    make(folder / "0.mkv", "", {"-vf", "setsar=27/64", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25"});
    make(folder / "video.mkv", folder / "0.mkv", {"-c", "copy", "-aspect", "4:3"});
    make(folder / "video.mp4", folder / "0.mkv", {"-c", "copy", "-aspect", "2:1"});
    struct example {
        const char* name;
        const char* shape;
    };
    const auto [name, shape] =
        GENERATE(example{"video.mkv", "3:4"}, example{"video.mp4", "9:8"}, example{"0.mkv", "27:64"});
    for (const way mode : {way::encode, way::lossless, way::smart}) {
        CAPTURE(name, mode);
        // Between key frames, so that a smart clip has parts of both kinds.
        good_clip(folder / "clip.mp4", folder / name, {1500ms, 3500ms}, {.mode = mode, .preset = "medium"});
        CHECK(probed(folder / "clip.mp4", "sample_aspect_ratio") == shape);
    }
}

TEST_CASE("the codec is called in the clip what the source calls it", "[wild][tag]")
{
    const temp_folder folder;
    good_clip(folder / "clip.mp4", video("hevc.mp4"), {1s, 2s}, {.mode = way::lossless});
    CHECK(probed(folder / "clip.mp4", "codec_tag_string") == "hvc1");
}

TEST_CASE("a video that shows no new frame for a while does not end there", "[wild][gap]")
{
    const temp_folder folder;
    const std::string reordered = GENERATE("0", "2");
    make(folder / "video.mp4", "",
         {"-vf", "select='lt(t,2)+gt(t,3.5)'", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", reordered, "-g", "30",
          "-pix_fmt", "yuv420p"});
    for (const bool lossless : {true, false}) {
        CAPTURE(reordered, lossless);
        const result done = good_clip(folder / "clip.mp4", folder / "video.mp4", {1s, 2500ms},
                                      {.mode = lossless ? way::lossless : way::encode});
        CHECK(done.frames >= 25);
        CHECK((done.goes_on || done.missing == 0s));
        const result last = good_clip(folder / "last.mp4", folder / "video.mp4", {3600ms, 5s},
                                      {.mode = lossless ? way::lossless : way::encode});
        CHECK(last.missing > 900ms);
        CHECK_FALSE(last.goes_on);
    }
}

TEST_CASE("what a file lacks is said of it", "[wild][words]")
{
    const temp_folder folder;
    make(folder / "whole.mp4", video("anamorphic.mp4"), {"-c", "copy", "-movflags", "empty_moov+frag_keyframe"});
    std::string header = read_file(folder / "whole.mp4");
    header.resize(header.find("moof") - 4);
    const bool is_in_fragments = GENERATE(true, false);
    if (!is_in_fragments) header.replace(header.find("mvex"), 4, "free");
    write_file(folder / "video.mp4", header);
    try {
        cut_to(folder / "clip.mp4", folder / "video.mp4", {0s, 1s}, {});
        FAIL("it was cut");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == fault::no_video_stream);
        CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("no frames"));
    }
}

TEST_CASE("a clip begins where its video does, whatever the container", "[wild][begin]")
{
    const temp_folder folder;
    const std::string name = GENERATE("video.flv", "video.ogv", "video.mkv", "video.avi", "video.mpg", "video.ts");
    CAPTURE(name);
    const std::vector<std::string> h264{"-c:v", "libx264", "-g", "50", "-bf", "3", "-c:a", "aac"};
    const std::vector<std::string> theora{"-c:v", "libtheora", "-c:a", "libvorbis"};
    const std::vector<std::string> mpeg2{"-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"};
    std::vector<std::string> words = name == "video.ogv" ? theora : name == "video.mpg" ? mpeg2 : h264;
    words.insert(words.begin(), {"-f", "lavfi", "-i", "sine=duration=4"});
    make(folder / name, "", words);

    const result done = good_clip(folder / "clip.mp4", folder / name, {0s, 1s}, {.preset = "ultrafast"});

    CHECK(done.missing == 0s);
    CHECK(done.frames >= 24);
    CHECK(done.frames <= 25);
    CHECK(done.start < 100ms);
}

TEST_CASE("FLAC is copied into a lossless clip", "[wild][flac]")
{
    const temp_folder folder;
    make(folder / "video.mkv", "", {"-f", "lavfi", "-i", "sine=duration=4", "-c:v", "libx264", "-c:a", "flac"});

    const result done = good_clip(folder / "clip.mp4", folder / "video.mkv", {0s, 2s}, {.mode = way::lossless});

    CHECK(done.audio);
    CHECK(output_of({"ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_name", "-of",
                     "csv=p=0", (folder / "clip.mp4").string()}) == "flac\n");
}

TEST_CASE("frames out of order are not copied from a container that does not say when to decode them", "[wild][order]")
{
    const temp_folder folder;
    make(folder / "video.mp4", "", {"-c:v", "mpeg4", "-q:v", "3", "-g", "40", "-bf", "2"});
    make(folder / "video.mkv", (folder / "video.mp4").string(), {"-c", "copy"});
    good_clip(folder / "clip.mp4", folder / "video.mp4", {1s, 2s}, {.mode = way::lossless});
    CHECK(fault_of(folder / "video.mkv", {1s, 2s}, {.mode = way::lossless}) == fault::unsupported);
    good_clip(folder / "encoded.mp4", folder / "video.mkv", {1s, 2s}, {});
}
