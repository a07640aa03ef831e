#include <filesystem>
#include <string>

#include "many_clips.hpp"
#include "support/catch.hpp"

using namespace reelpipe::test;
using nlohmann::json;

namespace {

std::string text_of(const json& report, const std::string& clip)
{
    for (const json& row : report)
        if (row[0] == clip) return row[2];
    return {};
}

}  // namespace

TEST_CASE("a run of smart cuts says how many frames it copied, and why others were encoded", "[smart]")
{
    kinetics_site site;
    site.add("h264");
    site.add("hevc", "hevc.mp4");
    // There is a key frame every 2.5 s.
    const std::string list = site.list("youtube_id,time_start,time_end,label\nh264,3,7,l\nh264,3,4,l\nhevc,1,2,l\n");

    const finished end = run(site.download(list, {"--source", site.url_template(), "--cut", "smart"}));

    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK(frames_in(site.output() / "l/h264_000003_000007.mp4") == 120);
    CHECK(says(end, "copied 60 of 180 frames in 3 smartly cut clips"));
    CHECK(says(end, "1 encoded as a whole: no IDR frame in the segment"));
    CHECK(says(end, "1 encoded as a whole: the source is not H.264"));

    const json stored = site.report();
    CHECK(text_of(stored, "h264_000003_000007") == "Downloaded; copied 60 of 120 frames");
    CHECK(text_of(stored, "hevc_000001_000002") == "Downloaded; encoded as a whole: the source is not H.264");

    const json report = json::parse(output_of({REELPIPE_BINARY, "report", site.output().string(), "--json"}));
    CHECK(report["copied"] == 60);
    CHECK(report["encoded_as_a_whole"]["no IDR frame in the segment"] == 1);
    const std::string told = output_of({REELPIPE_BINARY, "report", site.output().string()});
    CHECK(told.find("copied 60 of 180 frames in 3 smartly cut clips") != std::string::npos);

    const std::string explained = output_of({REELPIPE_BINARY, "explain", site.output().string(), "h264"});
    CHECK(explained.find("copied 60 of 120 frames\n") != std::string::npos);
    CHECK(explained.find("encoded as a whole: no IDR frame in the segment\n") != std::string::npos);
    const json both = json::parse(output_of({REELPIPE_BINARY, "explain", site.output().string(), "h264", "--json"}));
    CHECK(both.size() == 2);
    CHECK(both[0].value("copied", 0) + both[1].value("copied", 0) == 60);
}

TEST_CASE("options that change every frame leave a smart cut nothing to copy, and the summary says so", "[smart]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list("youtube_id,time_start,time_end,label\nvideo,3,7,l\n");
    const finished end =
        run(site.download(list, {"--source", site.url_template(), "--cut", "smart", "--short-side", "64"}));
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(says(end, "1 encoded as a whole: options such as --fps, --filter or --keep-corrupt apply to every frame"));
}
