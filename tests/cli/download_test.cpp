#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::frames_in;
using reelpipe::test::kinetics_site;
using reelpipe::test::output_of;
using reelpipe::test::run;

namespace {

constexpr const char* header = "label,youtube_id,time_start,time_end,split,is_cc\n";

// The clips in a folder of results, relative to it.
std::set<std::string> clips_in(const fs::path& folder)
{
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".mp4") found.insert(fs::relative(entry.path(), folder).string());
    return found;
}

bool is_clean(const fs::path& output) { return fs::is_empty(output / ".reelpipe/tmp"); }

}  // namespace

TEST_CASE("a Kinetics list becomes verified clips, and the second run finds them", "[download]")
{
    kinetics_site site;
    const std::vector<std::string> ids{"0wR5jVB-WPk", "3caPS4FHFF8", "-FnElSxh8Fo", "4YTwq0-73Y8",
                                       "_bcdefghijk", "6gyD-Mte2ZM", "7GNVXnLhIMU"};
    for (std::size_t i = 0; i < ids.size(); ++i) site.add(ids[i], i % 2 ? "moov_last.mp4" : "moov_first.mp4");
    std::string text = header;
    text += fmt::format("abseiling,{},5,15,val,0\n", ids[6]);
    text += fmt::format("air drumming,{},0,10,val,0\n", ids[0]);
    text += fmt::format("massaging person's head,{},17,27,val,1\n", ids[2]);
    text += fmt::format("\"a, quoted \"\"label\"\"\",{},3,13,val,0\n", ids[3]);
    text += fmt::format("abseiling,{},20,30,val,0\n", ids[6]);
    text += fmt::format("air drumming,{},12,22,val,0\n", ids[1]);
    text += fmt::format("air drumming,{},7,17,val,0\n", ids[4]);
    text += fmt::format("air drumming,{},30,40,val,0\n", ids[5]);
    const auto words = site.download(site.list(text), {"--url-base", site.server.url("watch?v=")});

    const finished first = run(words);

    INFO(first.err);
    REQUIRE(first.status == 0);
    CHECK(first.out.empty());
    const json expected = {{fmt::format("{}_000005_000015", ids[6]), true, "Downloaded"},
                           {fmt::format("{}_000000_000010", ids[0]), true, "Downloaded"},
                           {fmt::format("{}_000017_000027", ids[2]), true, "Downloaded"},
                           {fmt::format("{}_000003_000013", ids[3]), true, "Downloaded"},
                           {fmt::format("{}_000020_000030", ids[6]), true, "Downloaded"},
                           {fmt::format("{}_000012_000022", ids[1]), true, "Downloaded"},
                           {fmt::format("{}_000007_000017", ids[4]), true, "Downloaded"},
                           {fmt::format("{}_000030_000040", ids[5]), true, "Downloaded"}};
    CHECK(site.report() == expected);
    const auto clips = clips_in(site.output());
    CHECK(clips.size() == 8);
    CHECK(clips.contains(fmt::format("a, quoted \"label\"/{}_000003_000013.mp4", ids[3])));
    for (const std::string& clip : clips) {
        INFO(clip);
        CHECK(std::abs(frames_in(site.output() / clip) - 300) <= 1);  // 10 s of 29.97 frames a second
    }
    CHECK(is_clean(site.output()));
    const std::size_t served = site.requests();

    const finished second = run(words);

    INFO(second.err);
    CHECK(second.status == 0);
    CHECK(site.requests() == served);
    json exists = expected;
    for (json& entry : exists) entry[2] = "Exists";
    CHECK(site.report() == exists);
}

TEST_CASE("a dead link costs only its own clip, and its reason is in the report", "[download]")
{
    kinetics_site site;
    site.add("alive");
    const std::string list = site.list(std::string(header) + "l,dead,5,15,val,0\nl,alive,5,7,val,0\n");

    const finished by_template = run(site.download(list, {"--source", site.url_template()}));

    INFO(by_template.err);
    CHECK(by_template.status == 1);
    const json report = site.report();
    CHECK(report[0][1] == false);
    CHECK(report[0][2].get<std::string>().starts_with("gone: "));
    CHECK(report[1] == json{"alive_000005_000007", true, "Downloaded"});

    const std::size_t served = site.requests();
    const finished again = run(site.download(list, {"--source", site.url_template()}));
    CHECK(again.status == 1);
    CHECK(site.requests() == served);  // what is known to be dead is not asked for again
}

TEST_CASE("video and audio that a site keeps apart become one clip", "[download]")
{
    kinetics_site site;
    fs::create_directories(site.folder / "media");
    for (const char* name : {"long_video.mp4", "long_audio.m4a"})
        fs::copy_file(fs::path(REELPIPE_TEST_MEDIA) / name, site.folder / "media" / name);
    const auto set = [](const char* type, const char* name, const char* codecs) {
        return fmt::format(
            R"(<AdaptationSet mimeType="{}/mp4"><Representation id="{}" codecs="{}" bandwidth="300000" width="320" height="180">)"
            R"(<BaseURL>{}</BaseURL><SegmentBase indexRange="0-99"/></Representation></AdaptationSet>)",
            type, type, codecs, name);
    };
    reelpipe::test::write_file(
        site.folder / "media/video.mpd",
        R"(<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT300S"><Period>)" +
            set("video", "long_video.mp4", "avc1.4d400d") + set("audio", "long_audio.m4a", "mp4a.40.2") +
            "</Period></MPD>");
    const std::string list = site.list("video-id,start-time,end-time,label-name\nvideo.mpd,150,160,l\n");

    const finished end = run(site.download(list, {"--url-base", site.server.url("media/"), "--format", "bv+ba"}));

    INFO(end.err);
    REQUIRE(end.status == 0);
    const fs::path clip = site.output() / "l/video.mpd_000150_000160.mp4";
    CHECK(frames_in(clip) == 300);
    CHECK(output_of({"ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                     clip.string()}) == "h264\naac\n");
}

TEST_CASE("a clip of a playlist has the frames that the same clip of the video has", "[download][long]")
{
    const std::string folder = GENERATE("hls_ts", "hls_mp4_one_file");
    kinetics_site site;
    site.add("long", "long.mp4");
    const std::string list =
        site.list(fmt::format("{0}jumping,{1},151,159,val,0\njumping,long,151,159,val,0\n", header, folder));
    reelpipe::test::nginx server(REELPIPE_TEST_MEDIA);
    const finished playlist = run(site.download(list, {"--source", server.url("{id}/list.m3u8")}));
    INFO(playlist.err);
    CHECK(playlist.status == 1);  // long/list.m3u8 is not there
    const finished whole = run({REELPIPE_BINARY, "download", list, "-o", (site.folder / "whole").string(), "--preset",
                                "ultrafast", "--source", (site.folder / "media").string()});
    INFO(whole.err);

    const auto frames = [](const fs::path& clip) {
        return output_of({"ffmpeg", "-v", "error", "-i", clip.string(), "-map", "0:v", "-c", "copy", "-f", "md5", "-"});
    };
    CHECK(frames(site.output() / "jumping" / (folder + "_000151_000159.mp4")) ==
          frames(site.folder / "whole/jumping/long_000151_000159.mp4"));
    CHECK(is_clean(site.output()));
}

TEST_CASE("whole videos in a folder are a source", "[download]")
{
    kinetics_site site;
    site.add("-video");
    const std::string list = site.list("video-id,start-time,end-time,label-name\n-video,1,3,l\n");

    const finished end = run(site.download(list, {"--source", (site.folder / "media").string()}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_in(site.output()) == std::set<std::string>{"l/-video_000001_000003.mp4"});
}

TEST_CASE("clips are shaped, and their audio left out, on request", "[download]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list("video-id,start-time,end-time,label-name\nvideo,1,3,l\n");

    const finished end =
        run(site.download(list, {"--source", site.url_template(), "--short-side", "64", "--fps", "10", "--filter",
                                 "hflip,setsar=1", "--gop", "5", "--pix-fmt", "yuv444p", "--audio", "none"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(output_of({"ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height,pix_fmt,nb_frames",
                     "-of", "csv=p=0", (site.output() / "l/video_000001_000003.mp4").string()}) ==
          "h264,114,64,yuv444p,20\n");
}

TEST_CASE("clips for training have frequent key frames and square pixels, and decode fast", "[download]")
{
    kinetics_site site;
    site.add("video", "anamorphic.mp4");
    const std::string list = site.list("video-id,start-time,end-time,label-name\nvideo,1,3,l\n");
    const fs::path clip = site.output() / "l/video_000001_000003.mp4";
    const auto made_with = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words = site.download(list, {"--source", site.url_template(), "--for", "training"});
        words.insert(words.end(), more.begin(), more.end());
        std::ranges::replace(words, std::string("ultrafast"), std::string("veryfast"));  // which has B-frames and CABAC
        fs::remove_all(site.output());
        const finished end = run(words);
        INFO(end.err);
        CHECK(end.status == 0);
        return reelpipe::test::read_file(clip);  // libx264 writes its settings into the first frame
    };
    using Catch::Matchers::ContainsSubstring;

    const std::string preset = made_with({});
    CHECK_THAT(preset, ContainsSubstring(" keyint=12 ") && ContainsSubstring(" cabac=0 ") &&
                           ContainsSubstring(" open_gop=0 ") && ContainsSubstring(" deblock=0:"));
    CHECK(output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                     "stream=width,height,sample_aspect_ratio", "-of", "csv=p=0", clip.string()}) == "214,90,1:1\n");

    const std::string own = made_with({"--gop", "5", "--tune", "film", "--pixels", "source", "--bframes", "1"});
    CHECK_THAT(own,
               ContainsSubstring(" keyint=5 ") && ContainsSubstring(" cabac=1 ") && ContainsSubstring(" bframes=1 "));
    CHECK(output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                     "stream=width,height,sample_aspect_ratio", "-of", "csv=p=0", clip.string()}) == "160,90,4:3\n");
}

TEST_CASE("a list without labels goes to test, and may come from the standard input", "[download]")
{
    kinetics_site site;
    site.add("video");
    auto words = site.download("-", {"--source", site.url_template(), "--trim-format", "%d"});

    const finished end = run(words, {}, "youtube_id,time_start,time_end,split\nvideo,2,4,test\n");

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_in(site.output()) == std::set<std::string>{"test/video_2_4.mp4"});
}

TEST_CASE("a malformed row is named and costs only itself", "[download]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(header) + "l,video,nonsense,4,val,0\nl,video,2,4,val,0\n");

    const finished end = run(site.download(list, {"--source", site.url_template()}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(end.err.find(list + ":2: ") != std::string::npos);
    CHECK(clips_in(site.output()).size() == 1);
}

TEST_CASE("wrong usage and unreadable lists are refused before anything is fetched", "[download]")
{
    kinetics_site site;
    site.add("video");
    const std::string good = site.list(std::string(header) + "l,video,2,4,val,0\n");
    reelpipe::test::write_file(site.folder / "no_list", "#!/bin/sh\necho this is a program\n");
    const std::string bad = (site.folder / "no_list").string();

    CHECK(run(site.download(bad, {"--source", site.url_template()})).status == 2);
    CHECK(run(site.download(good, {bad, "--source", site.url_template()})).status == 2);
    CHECK(run(site.download((site.folder / "missing").string(), {"--source", site.url_template()})).status == 2);
    CHECK(run(site.download(good, {"--source", site.url_template(), "--trim-format", "%s"})).status == 2);
    CHECK(run(site.download(good, {"--source", "nowhere"})).status == 2);
    CHECK(run(site.download(good, {"--crf", "99"})).status == 2);
    CHECK(run(site.download(good, {"--source", site.url_template(), "--filter", "nosuch"})).status == 2);
    CHECK(run(site.download(good, {"--source", site.url_template(), "--tune", "nosuch"})).status == 2);
    for (const char* mode : {"lossless", "smart"})
        CHECK(run(site.download(good, {"--source", site.url_template(), "--cut", mode, "--for", "training"})).status ==
              2);
    CHECK(run({REELPIPE_BINARY, "download"}).status == 2);
    CHECK(run({REELPIPE_BINARY}).status == 2);
    CHECK(site.requests() == 0);
}

TEST_CASE("a wrong word is answered with the right ones", "[download]")
{
    const auto said_to = [](std::vector<std::string> words) {
        words.insert(words.begin(), REELPIPE_BINARY);
        const finished end = run(words);
        CHECK(end.status == 2);
        CHECK(end.out.empty());
        return end.err;
    };
    CHECK_THAT(said_to({"download", "list.csv", "-o", "clips", "--progress", "foo"}),
               Catch::Matchers::StartsWith("error: --progress: 'foo' is not one of auto, bar, none, panel, plain") &&
                   Catch::Matchers::ContainsSubstring("reelpipe download --help-all"));
    CHECK_THAT(said_to({"dwnload", "list.csv"}),
               Catch::Matchers::StartsWith("error: unknown command 'dwnload'; the commands are download, ") &&
                   Catch::Matchers::ContainsSubstring("verify"));
    CHECK_THAT(said_to({}), Catch::Matchers::StartsWith("error: no command given; the commands are download, "));
    CHECK_THAT(said_to({"download", "list.csv", "-o", "clips", "--nope"}), Catch::Matchers::StartsWith("error: "));
}

TEST_CASE("a bad file under a clip's name is set aside and the clip made", "[download]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(header) + "l,video,2,4,val,0\nl,video,5,7,val,0\n");
    const auto words = site.download(list, {"--source", site.url_template()});
    REQUIRE(run(words).status == 0);
    const fs::path cut_off = site.output() / "l/video_000002_000004.mp4";
    fs::resize_file(cut_off, fs::file_size(cut_off) / 2);
    fs::remove_all(site.output() / ".reelpipe");  // as a crawler's folder, which knows no ledger

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(end.err.find(cut_off.string()) != std::string::npos);
    CHECK(site.report() == json{{"video_000002_000004", true, "Downloaded"}, {"video_000005_000007", true, "Exists"}});
    CHECK(std::abs(frames_in(cut_off) - 60) <= 1);
    CHECK(fs::exists(site.output() / ".reelpipe/rejected/video_000002_000004.mp4"));
}

TEST_CASE("a clip beyond the end is short and says so, or fails with its own reason", "[download]")
{
    kinetics_site site;
    site.add("video");  // 40 s
    const std::string list = site.list(std::string(header) + "l,video,35,45,val,0\nl,video,100,110,val,0\n");

    const finished end = run(site.download(list, {"--source", site.url_template()}));

    INFO(end.err);
    CHECK(end.status == 1);
    const json report = site.report();
    CHECK(report[0][1] == true);
    CHECK(report[0][2].get<std::string>().find("shorter") != std::string::npos);
    CHECK(report[1][1] == false);
    CHECK(report[1][2].get<std::string>().starts_with("beyond_end: "));
    CHECK(std::abs(frames_in(site.output() / "l/video_000035_000045.mp4") - 150) <= 1);

    // Wherever the clips are counted.
    CHECK(end.err.find("1 clip is shorter than asked for") != std::string::npos);
    const json shorter = json::parse(reelpipe::test::read_file(site.output() / "download_report_shorter.json"));
    REQUIRE(shorter.size() == 1);
    CHECK(shorter[0][0] == "video_000035_000045");
    CHECK(shorter[0][1] == 10);
    CHECK(std::abs(shorter[0][2].get<double>() - 5) < 0.1);
    const finished told = run({REELPIPE_BINARY, "report", site.output().string()});
    CHECK(told.out.find("1 clip is shorter") != std::string::npos);
    CHECK(told.out.find("video_000035_000045") != std::string::npos);
    CHECK(run({REELPIPE_BINARY, "verify", site.output().string()}).out.find("of these, 1 is shorter") !=
          std::string::npos);
    const finished again = run(site.download(list, {"--source", site.url_template()}));
    CHECK(again.err.find("1 clip is shorter than asked for") != std::string::npos);
}

TEST_CASE("a segment in front of the first frame is not told to be behind the last one", "[download]")
{
    kinetics_site site;
    site.add("video");
    fs::create_directories(site.folder / "late");
    const std::string video = (site.folder / "media/video.mp4").string();
    reelpipe::test::output_of({"ffmpeg", "-v", "error", "-itsoffset", "2", "-i", video, "-i", video, "-map", "0:v",
                               "-map", "1:a", "-t", "15", "-c", "copy", (site.folder / "late/video.mp4").string()});
    const std::string cut = GENERATE("encode", "lossless");

    const finished end = run(site.download(site.list(std::string(header) + "l,video,0,1.5,val,0\n"),
                                           {"--source", (site.folder / "late").string(), "--cut", cut}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(site.report()[0][2].get<std::string>().starts_with("before_start: "));
}

TEST_CASE("what an encoder would do is refused where nothing is encoded, also where it is the default", "[download]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(header) + "l,video,1,2,val,0\n");
    for (const auto& option : {std::pair{"--preset", "medium"}, std::pair{"--crf", "23"}}) {
        const finished end = run({REELPIPE_BINARY, "download", list, "-o", site.output().string(), "--cut", "lossless",
                                  option.first, option.second});
        CHECK(end.status == 2);
        CHECK(end.err.find(option.first) != std::string::npos);
    }
}

TEST_CASE("a file of cookies that yt-dlp cannot read is named before anything is asked", "[download]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(header) + "l,video,1,2,val,0\n");
    const std::string first = "# Netscape HTTP Cookie File\n";
    const auto [text, wrong] = GENERATE_COPY(
        std::pair<std::string, std::string>(R"([{"domain":"127.0.0.1","name":"sid","value":"abc"}])", "JSON"),
        std::pair<std::string, std::string>("127.0.0.1\tFALSE\t/\tFALSE\t1999999999\tsid\tabc\n", "first line"),
        std::pair<std::string, std::string>(first + "\n127.0.0.1 FALSE / FALSE 1999999999 sid abc\n", "line 3"),
        std::pair<std::string, std::string>("", "empty"));
    const fs::path file = site.folder / "cookies.txt";
    reelpipe::test::write_file(file, text);

    const finished end =
        run(site.download(list, {"--url-base", site.server.url("watch?v="), "--cookies", file.string()}));

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(end.err.find(file.string()) != std::string::npos);
    CHECK(end.err.find(wrong) != std::string::npos);
    CHECK(site.requests() == 0);
    CHECK(!fs::exists(site.output()));
}

TEST_CASE("a short clip of a lost ledger counts, as its video may be gone by now", "[download]")
{
    kinetics_site site;
    site.add("video");  // 40 s
    const auto words =
        site.download(site.list(std::string(header) + "l,video,35,45,val,0\n"), {"--source", site.url_template()});
    REQUIRE(run(words).status == 0);
    const std::string clip = reelpipe::test::read_file(site.output() / "l/video_000035_000045.mp4");
    const std::size_t requests = site.requests();
    fs::remove_all(site.output() / ".reelpipe");

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(site.requests() == requests);
    const std::string said = site.report()[0][2];
    CHECK(said.starts_with("Exists; "));
    CHECK(said.find("shorter") != std::string::npos);
    CHECK(reelpipe::test::read_file(site.output() / "l/video_000035_000045.mp4") == clip);
}

TEST_CASE("a folder is held by one run, and read-only places are named", "[download]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(header) + "l,video,2,4,val,0\n");
    reelpipe::test::write_file(site.output(), "a file where the folder should be");

    const finished end = run(site.download(list, {"--source", site.url_template()}));

    CHECK(end.status == 2);
    CHECK(end.err.find(site.output().string()) != std::string::npos);
}

TEST_CASE("without Python and yt-dlp the message says what to install", "[download]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(header) + "l,video,2,4,val,0\n");

    const finished end = run(site.download(list, {"--python", "/no/python/here"}));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(end.err.find("yt-dlp") != std::string::npos);
    CHECK(site.report() == json{{"video_000002_000004", false, "Not reached"}});
}

TEST_CASE("a demo of what cannot be done says so once", "[download]")
{
    const reelpipe::test::temp_folder folder;
    fs::create_directories(folder / "videos");
    for (const char* video : {"testcard_01", "mandelbrot1", "-moov_last-"})  // none of them is read
        reelpipe::test::write_file(folder / "videos" / (std::string(video) + ".mp4"), "a video");

    const finished end = run({REELPIPE_BINARY, "demo", "-o", folder.path().string(), "--preset", "nonsense"});

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(end.err.find("nonsense") != std::string::npos);
    CHECK(end.err.find("error: ") == end.err.rfind("error: "));
}

TEST_CASE("nobody works with no jobs or with millions", "[download]")
{
    const reelpipe::test::temp_folder folder;
    for (const char* jobs : {"0", "-1", "1025", "many"}) {
        CAPTURE(jobs);
        CHECK(run({REELPIPE_BINARY, "verify", folder.path().string(), "--jobs", jobs}).err.find("--jobs") !=
              std::string::npos);
        CHECK(run({REELPIPE_BINARY, "demo", "-o", folder.path().string(), "--jobs", jobs}).err.find("--jobs") !=
              std::string::npos);
    }
    CHECK(fs::is_empty(folder.path()));
}
