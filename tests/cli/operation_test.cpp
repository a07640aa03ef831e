#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

std::vector<json> lines_of(const fs::path& log)
{
    std::vector<json> all;
    std::istringstream lines(read_file(log));
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
    return all;
}

std::set<std::string> names_in(const fs::path& output)
{
    std::set<std::string> names;
    for (const auto& [name, clip] : clips_of(output)) names.insert(name);
    return names;
}

json report_of(const fs::path& output)
{
    return json::parse(output_of({REELPIPE_BINARY, "report", output.string(), "--json"}));
}

}  // namespace

TEST_CASE("what failed for good is asked for again on request only", "[operation]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(columns) + "later,1,1.3,l\n");
    REQUIRE(run(site.download(list, {"--source", site.url_template()})).status == 1);
    site.add("later", "silent.mp4");

    CHECK(run(site.download(list, {"--source", site.url_template()})).status == 1);
    CHECK(run(site.download(list, {"--source", site.url_template(), "--retry", "soft,geo_blocked"})).status == 1);
    const finished unknown = run(site.download(list, {"--source", site.url_template(), "--retry", "nonsense"}));
    CHECK(unknown.status == 2);
    CHECK(says(unknown, "nonsense"));
    CHECK(clips_of(site.output()).empty());

    const char* const which = GENERATE("permanent", "gone", "soft,gone");
    const finished end = run(site.download(list, {"--source", site.url_template(), "--retry", which}));
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(names_in(site.output()) == std::set<std::string>{"l/later_000001_000001.3.mp4"});
}

TEST_CASE("clips that another list holds are left out", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    write_file(site.folder / "have.csv", std::string(columns) + "video,3,3.3,another label\nother,1,2,l\n");
    const std::string list = site.list(std::string(columns) + "video,1,1.3,l\nvideo,3,3.3,l\n");

    const finished end =
        run(site.download(list, {"--source", site.url_template(), "--exclude", (site.folder / "have.csv").string()}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(names_in(site.output()) == std::set<std::string>{"l/video_000001_000001.3.mp4"});
}

TEST_CASE("shards make each clip once, all clips of a video in one of them", "[operation]")
{
    const many_clips work;
    std::set<std::string> all;
    std::size_t made = 0;
    for (const char* shard : {"1/3", "2/3", "3/3"}) {
        const fs::path output = work.site.folder / fmt::format("shard{}", shard[0]);
        const finished end = run(work.command(output, {"--shard", shard}));
        INFO(end.err);
        CHECK(end.status == 0);
        const std::set<std::string> names = names_in(output);
        CHECK(names.size() % many_clips::of_each == 0);
        CHECK(names.size() < many_clips::clips);
        made += names.size();
        all.insert(names.begin(), names.end());
    }
    CHECK(made == many_clips::clips);
    CHECK(all.size() == many_clips::clips);
    for (const char* wrong : {"0/3", "4/3", "1", "1/3x", "a/b", "1/-1", "-1/3", "1/", "/3", " 1/3", "+1/3"})
        CHECK(run(work.command(work.site.output(), {"--shard", wrong})).status == 2);
}

TEST_CASE("a folder remembers the options that shaped its clips", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string list = site.list(std::string(columns) + "video,1,1.3,l\n");
    const std::string more = (site.folder / "more.csv").string();
    write_file(more, std::string(columns) + "video,1,1.3,l\nvideo,3,3.3,l\n");
    REQUIRE(run(site.download(list, {"--source", site.url_template()})).status == 0);

    const finished other = run(site.download(more, {"--source", site.url_template(), "--crf", "30"}));
    CHECK(other.status == 2);
    CHECK(says(other, "--crf was '23' and is now '30'"));
    CHECK(says(other, "--mixed"));
    CHECK(clips_of(site.output()).size() == 1);

    CHECK(run(site.download(more, {"--source", site.url_template(), "--crf", "30", "--mixed"})).status == 0);
    CHECK(clips_of(site.output()).size() == 2);
    CHECK(report_of(site.output())["options"]["--crf"] == "23");
}

TEST_CASE("options that no clip was made with may still be changed", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string dead = (site.folder / "dead.csv").string();
    write_file(dead, std::string(columns) + "dead,1,1.3,l\n");
    REQUIRE(run(site.download(dead, {"--source", site.url_template()})).status == 1);

    const std::string list = site.list(std::string(columns) + "video,1,1.3,l\n");
    CHECK(run(site.download(list, {"--source", site.url_template(), "--crf", "30"})).status == 0);
}

TEST_CASE("a second run on a folder at work is refused", "[operation]")
{
    const many_clips work;
    process first(work.command(work.site.output(), {"--jobs", "1"}));
    REQUIRE(comes_true([&] { return fs::exists(work.site.output() / ".reelpipe/ledger.sqlite"); }));

    const finished second = run(work.command(work.site.output()));

    CHECK(second.status == 2);
    CHECK(says(second, "another run"));
    const finished end = first.wait();
    INFO(end.err);
    CHECK(end.status == 0);
}

TEST_CASE("a ledger that is lost or damaged is made again from the clips on disk", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string list = site.list(std::string(columns) + "video,1,1.3,l\nvideo,3,3.3,l\n");
    const auto words = site.download(list, {"--source", site.url_template()});
    REQUIRE(run(words).status == 0);
    const auto before = clips_of(site.output());
    const std::size_t served = site.requests();
    const fs::path ledger = site.output() / ".reelpipe/ledger.sqlite";
    if (GENERATE(true, false))
        fs::remove(ledger);
    else
        write_file(ledger, std::string(8192, 'x'));

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(site.requests() == served);
    CHECK(clips_of(site.output()) == before);
    const json report = report_of(site.output());
    CHECK(report["stored"] == 2);
    CHECK(report["frames"] == 18);
}

TEST_CASE("an outcome is in the ledger soon, also when no further one comes", "[operation]")
{
    const std::string video = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    origin server;
    server.serve("/a.mp4", [&video](const asked& request) { return part_of(video, request); });
    server.serve("/b.mp4", [&video](const asked& request) {
        reply stalled = part_of(video, request);
        stalled.sent = 10;
        stalled.then = reply::ending::stall;
        return stalled;
    });
    kinetics_site site;
    const std::string list = site.list(std::string(columns) + "a,1,1.3,l\nb,1,1.3,l\n");
    process stuck(site.download(list, {"--source", server.url("/{id}.mp4")}));

    CHECK(comes_true([&] {
        const finished report = run({REELPIPE_BINARY, "report", site.output().string(), "--json"});
        return report.status == 0 && json::parse(report.out)["stored"] == 1;
    }));
}

TEST_CASE("the log for machines has every outcome, every message and the end", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string list = site.list(std::string(columns) + "video,1,1.3,l\ndead,3,3.3,l\nvideo,x,4,l\n");
    const fs::path log = site.folder / "log.jsonl";

    const finished end = run(site.download(list, {"--source", site.url_template(), "--log-json", log.string()}));

    INFO(end.err);
    CHECK(end.status == 1);
    std::map<std::string, json> clips;
    json last;
    std::size_t messages = 0;
    for (const json& line : lines_of(log)) {
        last = line;
        messages += line["event"] == "message";
        if (line["event"] == "clip") clips[line["id"]] = line;
    }
    CHECK(messages >= 2);  // the malformed row and the first failure of its kind
    REQUIRE(clips.size() == 2);
    const json& stored = clips["video_000001_000001.3"];
    CHECK(stored["outcome"] == "stored");
    CHECK(stored["frames"] == 9);
    CHECK(stored["streams"] == "h264 320x180");
    CHECK(stored["bytes"] == fs::file_size(site.output() / "l/video_000001_000001.3.mp4"));
    CHECK(clips["dead_000003_000003.3"]["reason"] == "gone");
    CHECK(clips["dead_000003_000003.3"]["class"] == "permanent");
    CHECK(last["event"] == "end");
    CHECK(last["status"] == 1);
    CHECK(last["stored"] == 1);
    CHECK(last["failures"] == json{{"gone", 1}});
}

TEST_CASE("failures are told once a kind, and counted with an example at the end", "[operation]")
{
    kinetics_site site;
    site.add("living", "silent.mp4");
    std::string text = std::string(columns) + "living,1,1.3,l\n";
    for (int i = 0; i < 20; ++i) text += fmt::format("dead{:02},1,2,l\n", i);
    for (int i = 0; i < 20; ++i) text += fmt::format("video,nonsense{},2,l\n", i);

    const finished end = run(site.download(site.list(text), {"--source", site.url_template(), "--progress", "none"}));

    INFO(end.err);
    CHECK(end.status == 1);
    const auto count = [&end](const std::string& what) {
        std::size_t found = 0;
        for (auto at = end.err.find(what); at != std::string::npos; at = end.err.find(what, at + 1)) ++found;
        return found;
    };
    CHECK(count("warning: dead") == 1);
    CHECK(count("row skipped") == 5);
    CHECK(count("15 more invalid rows") == 1);
    CHECK(says(end, "20 gone"));
    CHECK(says(end, "e.g. dead"));
}

TEST_CASE("the report of a folder says what became of its clips over all runs", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string list = site.list(std::string(columns) + "video,1,1.3,l\ndead1,3,3.3,l\ndead2,3,3.3,l\n");
    REQUIRE(run(site.download(list, {"--source", site.url_template()})).status == 1);

    const json report = report_of(site.output());
    CHECK(report["stored"] == 1);
    CHECK(report["failed"] == 2);
    REQUIRE(report["failures"].size() == 1);
    CHECK(report["failures"][0]["reason"] == "gone");
    CHECK(report["failures"][0]["class"] == "permanent");
    CHECK(report["failures"][0]["count"] == 2);
    CHECK(report["failures"][0]["example"] == "dead1_000003_000003.3");
    CHECK(report["runs"][0]["ending"] == "complete");
    CHECK(report["runs"][0]["outcomes"] == 3);

    const fs::path page = site.folder / "report.html";
    const finished text = run({REELPIPE_BINARY, "report", site.output().string(), "--html", page.string()});
    CHECK(text.status == 0);
    CHECK(text.out.find("1 clip stored") != std::string::npos);
    CHECK(text.out.find("e.g. dead1_000003_000003.3") != std::string::npos);
    const std::string shown = read_file(page);
    CHECK(shown.find("\"gone\"") != std::string::npos);
    CHECK(shown.find("\"permanent\"") != std::string::npos);

    const finished nothing = run({REELPIPE_BINARY, "report", (site.folder / "media").string()});
    CHECK(nothing.status == 2);
    CHECK(nothing.out.empty());
    CHECK(says(nothing, "there is none"));
}

TEST_CASE("hostile labels and ids stay inside the output folder", "[operation]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::string endless(10'000, 'z');
    const std::vector<std::string> labels{"../../up", "..",   "/etc/passwd", "a\\b",  "-rf",  ".reelpipe",
                                          "Case",     "case", "tab\there",   endless, "CON:", "%2e%2e"};
    std::string text = columns;
    for (std::size_t i = 0; i < labels.size(); ++i) text += fmt::format("video,{0},{0}.3,\"{1}\"\n", i, labels[i]);
    for (const std::string& id : {std::string("../../up"), std::string("--exec=touch x"), std::string("a/b"), endless,
                                  std::string("file:///etc/passwd"), std::string("a%00b")})
        text += fmt::format("\"{}\",1,2,l\n", id);
    text += std::string("nul\0byte,1,2,l\n", 15) + "line\nbreak,1,2,l\n" + "bytes\xff\xfe,1,2,l\n";
    std::set<std::string> around;
    const std::string list = site.list(text);
    fs::create_directories(site.output());
    for (const auto& entry : fs::directory_iterator(site.folder.path())) around.insert(entry.path().filename());

    const finished end = run(site.download(list, {"--source", site.url_template()}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(clips_of(site.output()).size() == labels.size());
    for (const auto& [name, clip] : clips_of(site.output())) CHECK(fs::path(name).parent_path().string().size() <= 255);
    for (const auto& entry : fs::directory_iterator(site.folder.path()))
        CHECK(around.contains(entry.path().filename()));
    const json report = site.report();
    CHECK(report.size() == labels.size() + 7);
}

TEST_CASE("lists without an end are refused", "[operation]")
{
    kinetics_site site;
    const finished zeros = run(site.download("/dev/zero", {"--source", site.url_template()}));
    CHECK(zeros.status == 2);
    CHECK(says(zeros, "/dev/zero is not an annotation list"));
    const finished noise = run(site.download("/dev/urandom", {"--source", site.url_template()}));
    CHECK(noise.status == 2);
}
