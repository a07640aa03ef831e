#include <sys/stat.h>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

using reelpipe::test::finished;
using reelpipe::test::frames_in;
using reelpipe::test::kinetics_site;
using reelpipe::test::run;

namespace {

ino_t inode_of(const std::filesystem::path& file)
{
    struct stat found{};
    REQUIRE(stat(file.c_str(), &found) == 0);
    return found.st_ino;
}

constexpr const char* head = "youtube_id,time_start,time_end,label\n";

}  // namespace

TEST_CASE("one segment under three labels is cut once, and is a file in each tree", "[label_trees]")
{
    kinetics_site site;
    site.add("alive");
    const std::string list =
        site.list(std::string(head) + "alive,5,7,run\nalive,5,7,jump\nalive,1,2,run\nalive,5,7,\n");

    const finished end = run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("4 clips: 4 stored, 0 already there"));
    const auto first = site.output() / "run" / "alive_000005_000007.mp4";
    CHECK(inode_of(first) == inode_of(site.output() / "jump" / "alive_000005_000007.mp4"));
    CHECK(inode_of(first) == inode_of(site.output() / "test" / "alive_000005_000007.mp4"));
    CHECK(frames_in(first) > 0);
    CHECK(site.report() == nlohmann::json::array({{"alive_000005_000007", true, "Downloaded"},
                                                  {"alive_000005_000007", true, "Downloaded"},
                                                  {"alive_000001_000002", true, "Downloaded"},
                                                  {"alive_000005_000007", true, "Downloaded"}}));
    CHECK(run({REELPIPE_BINARY, "verify", site.output().string()}).status == 0);
}

TEST_CASE("a stored clip that is asked for under another label is not fetched again", "[label_trees]")
{
    kinetics_site site;
    site.add("alive");
    run(site.download(site.list(std::string(head) + "alive,5,7,middle\n"),
                      {"--source", site.url_template(), "--cut", "lossless"}));
    const std::size_t served = site.requests();
    const std::string label = GENERATE("after", "zulu");  // behind and before the stored one in the list's order
    const std::string list = site.list(std::string(head) + "alive,5,7,middle\nalive,5,7," + label + "\n");

    const finished end = run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(site.requests() == served);
    CHECK(inode_of(site.output() / "middle" / "alive_000005_000007.mp4") ==
          inode_of(site.output() / label / "alive_000005_000007.mp4"));
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("2 clips: 0 stored, 2 already there"));
}

TEST_CASE("a clip that an earlier list had under another label is not fetched again", "[label_trees]")
{
    kinetics_site site;
    site.add("alive");
    run(site.download(site.list(std::string(head) + "alive,5,7,middle\n"),
                      {"--source", site.url_template(), "--cut", "lossless"}));
    const std::size_t served = site.requests();
    const auto stored = site.output() / "middle" / "alive_000005_000007.mp4";
    const std::string list = site.list(std::string(head) + "alive,5,7,after\n");

    SECTION("its file gets another name")
    {
        const finished planned =
            run({REELPIPE_BINARY, "plan", list, "-o", site.output().string(), "--source", site.url_template()});
        CHECK_THAT(planned.out, Catch::Matchers::ContainsSubstring("clips stored\t1\n"));
        const finished end =
            run(site.download(list, {"--source", site.url_template(), "--cut", "lossless", "--frame-index"}));
        INFO(end.err);
        CHECK(end.status == 0);
        CHECK(site.requests() == served);
        CHECK(inode_of(stored) == inode_of(site.output() / "after" / "alive_000005_000007.mp4"));
        CHECK(std::filesystem::exists(site.output() / "after" / "alive_000005_000007.frames.json"));
        CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("1 clip: 0 stored, 1 already there"));
    }
    SECTION("so it is if it is a link by now")
    {
        std::filesystem::rename(stored, site.output() / "middle" / "moved.mp4");
        std::filesystem::create_symlink("moved.mp4", stored);
        CHECK(run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"})).status == 0);
        CHECK(site.requests() == served);
        CHECK(frames_in(site.output() / "after" / "alive_000005_000007.mp4") > 0);
    }
    SECTION("the row of that name says what it was cut from")
    {
        run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));
        std::istringstream rows(run({REELPIPE_BINARY, "report", site.output().string(), "--jsonl", "-"}).out);
        for (std::string line; std::getline(rows, line);)
            CHECK_THAT(nlohmann::json::parse(line)["source"].get<std::string>(),
                       Catch::Matchers::StartsWith("MP4, h264"));
    }
    SECTION("a file under a third label serves if that under the first is gone")
    {
        const std::string both = site.list(std::string(head) + "alive,5,7,middle\nalive,5,7,new\n");
        run(site.download(both, {"--source", site.url_template(), "--cut", "lossless"}));
        std::filesystem::remove(stored);
        run(site.download(site.list(std::string(head) + "alive,5,7,after\n"),
                          {"--source", site.url_template(), "--cut", "lossless"}));
        CHECK(site.requests() == served);
        CHECK(inode_of(site.output() / "new" / "alive_000005_000007.mp4") ==
              inode_of(site.output() / "after" / "alive_000005_000007.mp4"));
    }
    SECTION("unless it was made with other options")
    {
        const finished end = run(site.download(list, {"--source", site.url_template(), "--mixed"}));
        INFO(end.err);
        CHECK(end.status == 0);
        CHECK(inode_of(stored) != inode_of(site.output() / "after" / "alive_000005_000007.mp4"));
    }
    SECTION("unless it is gone")
    {
        std::filesystem::remove(stored);
        const finished end = run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));
        INFO(end.err);
        CHECK(end.status == 0);
        CHECK(site.requests() > served);
        CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("1 clip: 1 stored, 0 already there"));
    }
}

TEST_CASE("a video that is gone fails under each of its labels", "[label_trees]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(head) + "dead,5,7,run\ndead,5,7,jump\n");

    const finished end = run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));

    INFO(end.err);
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("2 clips: 0 stored, 0 already there, 2 failed"));
    CHECK(site.report().size() == 2);
    CHECK(site.report()[1][1] == false);
}

TEST_CASE("a label's file that is lost comes back from the other label's", "[label_trees]")
{
    kinetics_site site;
    site.add("alive");
    const std::string list = site.list(std::string(head) + "alive,5,7,run\nalive,5,7,jump\n");
    run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));
    std::filesystem::remove(site.output() / "run" / "alive_000005_000007.mp4");
    const std::size_t served = site.requests();

    const finished end = run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(site.requests() == served);
    CHECK(std::filesystem::exists(site.output() / "run" / "alive_000005_000007.mp4"));
}
