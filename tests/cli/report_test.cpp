#include <filesystem>
#include <string>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::read_file;
using reelpipe::test::run;

namespace {

struct page {
    finished end{};
    json data{};
};

page page_of(const kinetics_site& site, std::vector<std::string> more = {})
{
    const fs::path file = site.folder / "page.html";
    std::vector<std::string> words{REELPIPE_BINARY, "report", site.output().string(), "--html", file.string()};
    words.insert(words.end(), more.begin(), more.end());
    page made{.end = run(words)};
    const std::string text = read_file(file), begin = R"(<script id="data" type="application/json">)";
    const std::size_t from = text.find(begin) + begin.size();
    made.data = json::parse(text.substr(from, text.find("</script>", from) - from));
    return made;
}

}  // namespace

TEST_CASE("report --html shows frames of the clips, hosts, bytes and the stages of the run", "[report]")
{
    kinetics_site site;
    site.add("video");
    site.add("silent", "silent.mp4");
    const std::string list =
        site.list(std::string(reelpipe::test::columns) + "video,2,4,a <b>\nvideo,38,44,c\nsilent,5,7,c\ndead,1,2,c\n");
    REQUIRE(run(site.download(list, {"--source", site.url_template()})).status == 1);

    const page made = page_of(site);

    INFO(made.end.err);
    CHECK(made.end.status == 0);
    const json& data = made.data;
    CHECK(data["totals"]["stored"] == 3);
    CHECK(data["failures"][0]["reason"] == "gone");
    CHECK(data["traffic"]["whole"] > data["traffic"]["fetched"]);
    REQUIRE(data["hosts"]["rows"].size() == 1);
    CHECK(data["hosts"]["rows"][0][1] == 2);
    CHECK(data["hosts"]["rows"][0][4] == 2);  // the dead link is asked for twice
    CHECK(data["runs"][0]["lists"] == json{list});
    CHECK(data["measured_run"]["measured"]["stages"].size() == 9);
    CHECK(data["labels"]["rows"] == json{{"c", 2, 1, 0}, {"a <b>", 1, 0, 0}});

    REQUIRE(data["sheet"].size() == 4);  // the short one once more
    CHECK(data["sheet"][0]["clip"] == "video_000038_000044");
    CHECK(data["sheet"][0]["oddity"].get<std::string>().ends_with(" s missing"));
    for (const json& each : data["sheet"]) {
        INFO(each["error"]);
        CHECK(each["height"] == 112);
        CHECK(each["width"] == 200);
        CHECK(each["jpeg"].get<std::string>().starts_with("/9j/"));  // what JPEG files begin with
    }
}

TEST_CASE("a clip that cannot be shown does not cost the page", "[report]")
{
    kinetics_site site;
    site.add("video");
    const std::string list =
        site.list(std::string(reelpipe::test::columns) + "video,2,4,a\nvideo,5,7,b\nvideo,8,10,c\n");
    REQUIRE(run(site.download(list, {"--source", site.url_template()})).status == 0);
    fs::remove(site.output() / "a/video_000002_000004.mp4");
    reelpipe::test::write_file(site.output() / "b/video_000005_000007.mp4", "no video");

    const page made = page_of(site);

    CHECK(made.end.status == 0);
    REQUIRE(made.data["sheet"].size() == 3);
    for (const json& each : made.data["sheet"])
        CHECK(each["jpeg"].get<std::string>().empty() == (each["label"] != "c"));
    CHECK(page_of(site, {"--frames", "0"}).data["sheet"].empty());
}

TEST_CASE("the page says what a run left pending", "[report]")
{
    kinetics_site site;
    site.add("video");
    const auto words = site.download(site.list(std::string(reelpipe::test::columns) + "video,2,4,a\nvideo,5,7,b\n"),
                                     {"--source", site.url_template(), "--attempts", "1"});
    site.server.stop();
    REQUIRE(run(words).status == 3);

    CHECK(page_of(site).data["labels"]["rows"] == json{{"a", 0, 0, 1}, {"b", 0, 0, 1}});
}
