// What stands under a clip's name already, or gets there while the clip is made.
#include <filesystem>
#include <string>

#include "many_clips.hpp"
#include "odd_video.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

constexpr const char* column_names = "youtube_id,time_start,time_end,label\n";

int status_of_verify(const kinetics_site& site)
{
    return run({REELPIPE_BINARY, "verify", site.output().string()}).status;
}

}  // namespace

TEST_CASE("a file that crashes what verifies it is set aside, and its video stays in the run", "[standing_file]")
{
    kinetics_site site;
    make_video(site.folder / "media/video.mp4", 160);
    const fs::path deadly = site.output() / "l/video_000000_000001.mp4";
    make_video(deadly, 172);  // at which the faulty demuxer crashes
    const std::string list = site.list(std::string(column_names) + "video,0,1,l\nvideo,1,2,l\n");

    const finished end =
        run(site.download(list, {"--source", site.url_template()}), {"LD_PRELOAD=" REELPIPE_FAULTY_DECODER});

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(says(end, deadly.string()));
    CHECK(fs::exists(site.output() / ".reelpipe/rejected/video_000000_000001.mp4"));
    CHECK(site.report() ==
          json{{"video_000000_000001", true, "Downloaded"}, {"video_000001_000002", true, "Downloaded"}});
}

TEST_CASE("a clip that another program puts there meanwhile is entered as what it is", "[standing_file]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string list = site.list(std::string(column_names) + "video,1,1.3,l\n");
    const fs::path clip = site.output() / "l/video_000001_000001.3.mp4";
    REQUIRE(run(site.download(list, {"--source", site.url_template(), "--short-side", "64"})).status == 0);
    const bool is_clip = GENERATE(true, false);
    const std::string other = is_clip ? read_file(clip) : "no clip";
    fs::remove_all(site.output());
    const std::string video = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    origin server;
    server.serve("/video.mp4", [&](const asked& request) {
        fs::create_directories(clip.parent_path());
        write_file(clip, other);
        return part_of(video, request);
    });

    const finished end = run(site.download(list, {"--source", server.url("/{id}.mp4")}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK((read_file(clip) == other) == is_clip);
    CHECK(says(end, "moved to") == !is_clip);
    CHECK(site.report() == json{{"video_000001_000001.3", true, is_clip ? "Exists" : "Downloaded"}});
    CHECK(status_of_verify(site) == 0);
    CHECK(fs::is_empty(site.output() / ".reelpipe/tmp"));
}

TEST_CASE("a link that leads nowhere is no clip, and is told", "[standing_file]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const auto words =
        site.download(site.list(std::string(column_names) + "video,1,1.3,l\n"), {"--source", site.url_template()});
    const fs::path clip = site.output() / "l/video_000001_000001.3.mp4";
    fs::create_directories(clip.parent_path());
    fs::create_symlink("nowhere", clip);

    for (int time = 0; time < 2; ++time) {
        const finished end = run(words);
        INFO(end.err);
        CHECK(end.status == 3);
        CHECK(says(end, clip.string() + ", because a file there cannot be opened"));
        CHECK(site.report() == json{{"video_000001_000001.3", false, "Not reached"}});
    }
    fs::remove(clip);
    CHECK(run(words).status == 0);
    CHECK(status_of_verify(site) == 0);
}

TEST_CASE("a missing file is made again whatever the ledger says of it", "[standing_file]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const auto words =
        site.download(site.list(std::string(column_names) + "video,1,1.3,l\n"), {"--source", site.url_template()});
    REQUIRE(run(words).status == 0);
    output_of(
        {"python3", "-c",
         "import sqlite3, sys\n"
         "with sqlite3.connect(sys.argv[1]) as ledger: ledger.execute('UPDATE clip SET bytes = 0, modified_ns = 0')",
         (site.output() / ".reelpipe/ledger.sqlite").string()});
    fs::remove(site.output() / "l/video_000001_000001.3.mp4");

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(site.report() == json{{"video_000001_000001.3", true, "Downloaded"}});
}
