#include <string>

#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/process.hpp"

using reelpipe::test::finished;
using reelpipe::test::nginx;
using reelpipe::test::run;

namespace {

// The number behind "name: " in what the program printed.
double value_of(const std::string& name, const std::string& printed)
{
    const auto found = printed.find(name + ": ");
    REQUIRE(found != printed.npos);
    return std::stod(printed.substr(found + name.size() + 2));
}

}  // namespace

TEST_CASE("inspect shows what a segment costs", "[inspect]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    const finished end = run({REELPIPE_BINARY, "inspect", server.url("long.mp4"), "--start", "150", "--end", "160"});

    INFO(end.err);
    REQUIRE(end.status == 0);
    INFO(end.out);
    CHECK(end.out.starts_with("container: MP4\n"));
    const auto requests = static_cast<std::size_t>(value_of("requests", end.out));
    const double fetched = value_of("fetched bytes", end.out);
    CHECK(fetched == static_cast<double>(server.body_bytes(requests)));
    CHECK(server.log(requests).size() == requests);
    const double ratio = value_of("fetched / (index + span)", end.out);
    const double least = value_of("index bytes", end.out) + value_of("span bytes", end.out);
    CHECK_THAT(ratio, Catch::Matchers::WithinAbs(fetched / least, 0.001));
    CHECK(ratio <= 1.10);
}

TEST_CASE("inspect without a segment shows what leads to the samples", "[inspect]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    const finished end = run({REELPIPE_BINARY, "inspect", server.url("long.mp4")});

    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK(end.out.find("span bytes") == std::string::npos);
    CHECK(value_of("fetched bytes", end.out) <= 1.1 * value_of("index bytes", end.out));
}

TEST_CASE("inspect looks into local files", "[inspect]")
{
    const std::string video = REELPIPE_TEST_MEDIA "/video.ts";
    const finished end = run({REELPIPE_BINARY, "inspect", video, "--start", "3", "--end", "5"});

    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK(end.out.starts_with("container: MPEG-TS\n"));
    CHECK(value_of("fetched bytes", end.out) == 0);
}

TEST_CASE("inspect says why a source cannot be used", "[inspect]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    const finished missing = run({REELPIPE_BINARY, "inspect", server.url("missing.mp4")});
    CHECK(missing.status == 1);
    CHECK(missing.out.empty());
    CHECK(missing.err.find("status 404") != std::string::npos);

    CHECK(run({REELPIPE_BINARY, "inspect", server.url("long.mp4"), "--start", "5"}).status == 2);
    CHECK(run({REELPIPE_BINARY, "inspect", server.url("long.mp4"), "--start", "5", "--end", "5"}).status == 2);
    CHECK(run({REELPIPE_BINARY, "inspect"}).status == 2);
}

TEST_CASE("inspect looks into playlists", "[inspect]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    const finished end =
        run({REELPIPE_BINARY, "inspect", server.url("hls_ts/list.m3u8?key=1"), "--start", "151", "--end", "159"});

    INFO(end.err);
    REQUIRE(end.status == 0);
    INFO(end.out);
    CHECK(end.out.starts_with("container: HLS of MPEG-TS\nindex bytes: "));
    CHECK(value_of("requests", end.out) == 4);
    CHECK(value_of("fetched / (index + span)", end.out) == 1);
}

TEST_CASE("inspect says that a segment is behind the end of the video", "[inspect]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    for (const std::string& source :
         {server.url("long.mp4"), std::string(REELPIPE_TEST_MEDIA "/long.mp4"), server.url("hls_ts/list.m3u8")}) {
        const finished end = run({REELPIPE_BINARY, "inspect", source, "--start", "1000", "--end", "1010"});
        CAPTURE(source, end.err);
        CHECK(end.status == 1);
        CHECK(end.out.empty());
        CHECK(end.err.find("after the end of the video") != std::string::npos);
        CHECK(run({REELPIPE_BINARY, "inspect", source, "--start", "295", "--end", "305"}).status == 0);
    }
}
