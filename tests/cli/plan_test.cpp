#include <fmt/format.h>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::run;

TEST_CASE("a plan says that Kinetics-400 takes 34 days at 300 videos an hour", "[plan][long]")
{
    std::string rows = "label,youtube_id,time_start,time_end,split,is_cc\n";
    for (int i = 0; i < 246'534; ++i) rows += fmt::format("l,video{:06},5,15,train,0\n", i);
    rows += "l,video000000,5,15,train,0\n";
    rows += "l,video000000,25,35,train,0\n";

    const finished end = run({REELPIPE_BINARY, "plan", "-", "--resolve-rate", "300/h"}, {}, rows);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("rows\t246536\n"));
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("duplicates\t1\n"));
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("clips\t246535\n"));
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("videos\t246534\n"));
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("at least\t34 days\n"));
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("if 3 player requests a video count\t102 days\n"));
}

TEST_CASE("what a plan says is the least time is less than what the first videos take at once", "[plan]")
{
    const auto least_of = [](int videos, std::vector<std::string> more) {
        std::string rows = "youtube_id,time_start,time_end,label\n";
        for (int i = 0; i < videos; ++i) rows += fmt::format("video{:06},5,15,l\n", i);
        std::vector<std::string> words{REELPIPE_BINARY, "plan", "-", "--resolve-rate", "60/h"};
        words.insert(words.end(), more.begin(), more.end());
        const std::string said = run(words, {}, rows).out;
        const std::size_t at = said.find("at least\t") + 9;
        return said.substr(at, said.find('\n', at) - at);
    };
    CHECK(least_of(3, {}) == "0 minutes");
    CHECK(least_of(63, {}) == "1.0 hours");
    CHECK(least_of(126, {"--proxy", "http://127.0.0.1:9", "--proxy", "http://127.0.0.1:10"}) == "1.0 hours");
}

TEST_CASE("a plan knows what is done already, and asks nobody", "[plan]")
{
    kinetics_site site;
    site.add("alive");
    const std::string list = site.list("youtube_id,time_start,time_end,label\ndead,5,15,l\nalive,5,7,l\n");
    run(site.download(list, {"--source", site.url_template()}));
    const std::size_t served = site.requests();
    const std::string more = site.list("youtube_id,time_start,time_end,label\ndead,5,15,l\nalive,5,7,l\nnew,1,2,l\n");

    const finished end = run({REELPIPE_BINARY, "plan", more, "-o", site.output().string(), "--proxy",
                              "http://127.0.0.1:9", "--proxy", "http://127.0.0.1:10"});
    const finished same_source =
        run({REELPIPE_BINARY, "plan", more, "-o", site.output().string(), "--source", site.url_template()});

    CHECK_THAT(same_source.out, Catch::Matchers::ContainsSubstring("clips known to fail\t1\n"));
    CHECK_THAT(same_source.out, Catch::Matchers::ContainsSubstring("videos left\t1\n"));
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("clips stored\t1\n"));
    CHECK_THAT(end.out,
               Catch::Matchers::ContainsSubstring("videos left\t2\n"));  // what a mirror lacks, a site may have
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("videos an hour\t480\n"));
    CHECK(site.requests() == served);
}

TEST_CASE("a plan of no list is wrong usage", "[plan]")
{
    CHECK(run({REELPIPE_BINARY, "plan", "/nonexistent.csv"}).status == 2);
    CHECK(run({REELPIPE_BINARY, "plan", "-", "--resolve-rate", "fast"}).status == 2);
}
