// `--frame-index`: the times of all frames of a clip, in a file beside it.
#include <filesystem>
#include <set>
#include <string>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::frames_in;
using reelpipe::test::kinetics_site;
using reelpipe::test::output_of;
using reelpipe::test::read_file;
using reelpipe::test::run;
using reelpipe::test::write_file;

namespace {

// Two clips, one of them under two labels.
const std::string indexed_rows =
    "youtube_id,time_start,time_end,label,split\nvideo,1,3,a,train\nvideo,1,3,b,train\nvideo,5.5,7,a,train\n";
const std::string indexes[] = {"a/video_000001_000003", "b/video_000001_000003", "a/video_000005.5_000007"};

fs::path index_of(const fs::path& folder, const std::string& name) { return folder / (name + ".frames.json"); }

// Every field of the index as the ffprobe program has it.
json frames_by_ffprobe(const fs::path& clip)
{
    json found =
        json::parse(output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                               "frame=pts,pts_time,duration,pkt_duration,key_frame", "-of", "json", clip.string()}));
    json frames = json::array();
    json duration;  // FFmpeg 5.1 does not tell that of each frame: as long as the one before, or unknown
    for (json& each : found.at("frames")) {
        for (const char* name : {"pkt_duration", "duration"})
            if (each.contains(name)) duration = each.at(name);
        frames.push_back({{"pts", each.at("pts")},
                          {"pts_time", each.at("pts_time")},
                          {"duration", duration},
                          {"key_frame", each.at("key_frame")}});
    }
    return {{"frames", frames}};
}

void check_indexes(const fs::path& folder)
{
    for (const std::string& name : indexes) {
        CAPTURE(name);
        const json index = json::parse(read_file(index_of(folder, name)));
        json expected = frames_by_ffprobe(folder / (name + ".mp4"));
        REQUIRE(index.at("frames").size() == expected["frames"].size());
        for (std::size_t i = 0; i < expected["frames"].size(); ++i)
            if (expected["frames"][i]["duration"].is_null())
                expected["frames"][i]["duration"] = index["frames"][i]["duration"];
        CHECK(index == expected);
    }
}

}  // namespace

TEST_CASE("a frame index tells what ffprobe tells of the clip beside it", "[frame_index]")
{
    kinetics_site site;
    site.add("video");
    const std::string mode = GENERATE("encode", "smart", "lossless");
    const std::string isolate = GENERATE("process", "none");

    const finished end = run(site.download(site.list(indexed_rows), {"--source", site.url_template(), "--cut", mode,
                                                                     "--isolate", isolate, "--frame-index"}));

    INFO(end.err);
    CHECK(end.status == 0);
    check_indexes(site.output());
    CHECK(json::parse(read_file(index_of(site.output(), indexes[0])))["frames"].size() == 60);
}

TEST_CASE("clips of an earlier run get their frame index, and a lost or foreign one is made again", "[frame_index]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(indexed_rows);
    run(site.download(list, {"--source", site.url_template()}));
    const auto again = [&] {
        const std::size_t served = site.requests();
        const finished end = run(site.download(list, {"--source", site.url_template(), "--frame-index"}));
        INFO(end.err);
        CHECK(end.status == 0);
        CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("3 clips: 0 stored, 3 already there"));
        CHECK(site.requests() == served);
        check_indexes(site.output());
    };
    again();

    fs::remove(index_of(site.output(), indexes[1]));
    again();

    fs::remove(index_of(site.output(), indexes[2]));
    fs::last_write_time(site.output() / (indexes[0] + ".mp4"), fs::file_time_type::clock::now());
    write_file(index_of(site.output(), indexes[0]), "{}\n");
    again();
    CHECK(read_file(site.output() / ".reelpipe/rejected/video_000001_000003.frames.json") == "{}\n");
}

TEST_CASE("a frame index of another file does not stay beside a clip", "[frame_index]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(indexed_rows);
    run(site.download(list, {"--source", site.url_template(), "--frame-index"}));
    for (const std::string& name : indexes) fs::remove(site.output() / (name + ".mp4"));

    const finished end = run(site.download(list, {"--source", site.url_template(), "--fps", "10", "--mixed"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(frames_in(site.output() / (indexes[0] + ".mp4")) == 20);
    CHECK_FALSE(fs::exists(index_of(site.output(), indexes[0])));
}

TEST_CASE("an export takes frame indexes along", "[frame_index][export]")
{
    kinetics_site site;
    site.add("video");
    run(site.download(site.list(indexed_rows), {"--source", site.url_template(), "--frame-index"}));
    const auto exported = [&](const std::string& layout) {
        const fs::path out = site.folder / layout;
        const finished end = run({REELPIPE_BINARY, "export", site.output().string(), "--layout", layout, "-o", out});
        INFO(end.err);
        CHECK(end.status == 0);
        return out;
    };

    check_indexes(exported("activitynet"));
    CHECK(fs::exists(index_of(exported("slowfast"), "train/" + indexes[1])));

    const fs::path shards = exported("webdataset");
    output_of({"tar", "-xf", shards / "train-000000.tar", "-C", shards.string()});
    for (const char* key : {"000000_000000", "000000_000001", "000000_000002"})
        CHECK(json::parse(read_file(index_of(shards, key))) == frames_by_ffprobe(shards / (std::string(key) + ".mp4")));
    const finished again =
        run({REELPIPE_BINARY, "export", site.output().string(), "--layout", "webdataset", "-o", shards.string()});
    CHECK(again.status == 0);
    CHECK_THAT(again.out, Catch::Matchers::ContainsSubstring("3 clips: 3 there before"));
}

TEST_CASE("a clip whose id fills the longest name has its files beside it, under shorter ones", "[frame_index]")
{
    kinetics_site site;
    const std::string id(230, 'x');
    site.add("video");
    json line = {{"id", id}, {"url", site.server.url("media/video.mp4")}};
    line["subtitles"] = {{"en", "WEBVTT\n\n00:01.000 --> 00:02.000\nsaid\n"}};
    write_file(site.folder / "urls.jsonl", line.dump() + "\n");
    const std::string list = site.list(std::string(reelpipe::test::columns) + id + ",1,3,l\n");
    const finished end = run(site.download(list, {"--source", (site.folder / "urls.jsonl").string(), "--cut",
                                                  "lossless", "--frame-index", "--trim-format", "%011d"}));
    INFO(end.err);
    REQUIRE(end.status == 0);

    std::multiset<std::string> endings;
    for (const fs::directory_entry& each : fs::directory_iterator(site.output() / "l")) {
        const std::string name = each.path().filename().string();
        CHECK(name.size() <= 255);
        endings.insert(name.substr(name.rfind('.', name.rfind('.') - 1) + 1));
    }
    CHECK(endings.count("frames.json") == 1);
    CHECK(endings.count("en.vtt") == 1);
    CHECK(endings.size() == 3);
    CHECK(run({REELPIPE_BINARY, "verify", site.output().string()}).status == 0);
}
