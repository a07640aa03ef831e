#include "kinetics_site.hpp"
#include "support/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::run;

TEST_CASE("a list of which no row can be read is wrong usage, and nothing is made", "[lists]")
{
    kinetics_site site;
    const std::string list = site.list("youtube_id,time_start,time_end,label\nalive,soon,later,run\n");

    const finished end = run(site.download(list, {"--source", site.url_template()}));

    CHECK(end.status == 2);
    CHECK_THAT(end.err, ContainsSubstring("no row of") && ContainsSubstring(":2: the start time 'soon'"));
    CHECK(site.requests() == 0);
}

TEST_CASE("options of lists reach the lists", "[lists]")
{
    kinetics_site site;
    const std::string list = site.list("who;from;to\nalive;5000;7000\nother;5000;7000\n");
    const finished end = run({REELPIPE_BINARY, "plan", list, "--source", site.url_template(), "--columns",
                              "id=who,start=from,end=to,unit=ms", "--sample", "1", "--seed", "3"});
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, ContainsSubstring("clips\t1\n"));
    CHECK(run({REELPIPE_BINARY, "plan", list, "--list-format", "excel"}).status == 2);
    CHECK(run({REELPIPE_BINARY, "plan", list, "--columns", "id=1"}).status == 2);
}
TEST_CASE("a list without rows is told, and standard input is read once", "[lists]")
{
    kinetics_site site;
    const std::string list = site.list("youtube_id,time_start,time_end,label\n");
    const finished end = run({REELPIPE_BINARY, "plan", list});
    CHECK(end.status == 0);
    CHECK_THAT(end.err, ContainsSubstring(list + " has no row"));

    const finished twice = run({REELPIPE_BINARY, "plan", "-", "--exclude", "-"});
    CHECK(twice.status == 2);
    CHECK_THAT(twice.err, ContainsSubstring("standard input, -, can be read once"));
}
