#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using reelpipe::test::asked;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::origin;
using reelpipe::test::part_of;
using reelpipe::test::read_file;
using reelpipe::test::reply;
using reelpipe::test::run;

namespace {

constexpr const char* list_header = "youtube_id,time_start,time_end,label\n";

finished explain(const kinetics_site& site, const std::string& clip)
{
    return run({REELPIPE_BINARY, "explain", site.output().string(), clip});
}

json explained(const kinetics_site& site, const std::string& clip)
{
    return json::parse(run({REELPIPE_BINARY, "explain", site.output().string(), clip, "--json"}).out);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("explain tells every attempt, the verdict, and what would ask again", "[explain]")
{
    const std::string video = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    std::atomic<int> asked_for = 0;
    origin mirror;
    mirror.serve("/good.mp4", [&](const asked& request) { return part_of(video, request); });
    mirror.serve("/late.mp4", [&](const asked& request) {
        return asked_for++ < 2 ? reply{.status = 500} : part_of(video, request);
    });
    kinetics_site site;
    const std::string list = site.list(std::string(list_header) + "good,1,2,l\nlate,1,2,l\ndead,1,2,l\n");
    const finished end =
        run(site.download(list, {"--source", mirror.url("/") + "{id}.mp4?key=secret", "--connections", "1"}));
    INFO(end.err);
    REQUIRE(end.status == 1);

    const finished dead = explain(site, "dead_000001_000002");
    INFO(dead.out << dead.err);
    CHECK(dead.status == 0);
    CHECK(has(dead.out, "failed: gone (permanent): "));
    CHECK(has(dead.out, "/dead.mp4"));
    CHECK(has(dead.out, "status 404"));
    CHECK(has(dead.out, "--retry gone"));
    CHECK(!has(dead.out, "secret"));

    const json late = explained(site, "l/late_000001_000002.mp4");
    CHECK(late[0]["outcome"] == "stored");
    CHECK(late[0]["on_disk"] == "as stored");
    REQUIRE(late[0]["failed_attempts"].size() == 2);
    CHECK(late[0]["failed_attempts"][0]["number"] == 1);
    CHECK(has(late[0]["failed_attempts"][1]["message"], "status 500"));

    fs::remove(site.output() / "l/good_000001_000002.mp4");
    CHECK(has(explain(site, "good").out, "its file is missing: the same download makes it anew"));
}

TEST_CASE("explain knows of clips that are pending, and says of what it knows nothing", "[explain]")
{
    kinetics_site site;
    site.add("video");
    const auto words = site.download(site.list(std::string(list_header) + "video,1,2,l\n"),
                                     {"--source", site.url_template(), "--attempts", "2"});
    site.server.stop();
    REQUIRE(run(words).status == 3);

    const json pending = explained(site, "video_000001_000002");
    CHECK(pending[0]["outcome"] == "pending");
    CHECK(pending[0]["failed_attempts"].size() == 2);
    CHECK(has(pending[0]["next"], "asks for it again"));

    const finished unknown = explain(site, "nobody");
    CHECK(unknown.status == 2);
    CHECK(has(unknown.err, "'nobody'"));
}
