#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/sanitizer.hpp"
#include "support/site.hpp"

using nlohmann::json;
using reelpipe::test::columns;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::run;

namespace {

struct blocking_site {
    blocking_site(int good, int blocked)
        : server({"python3", std::string(REELPIPE_TESTS_SUPPORT) + "/blocking_site.py", std::to_string(good),
                  std::to_string(blocked), (videos.add("video"), videos.server.url("media/video.mp4"))})
    {
    }

    std::string list(int count) const
    {
        std::string text = columns;
        for (int i = 0; i < count; ++i) text += fmt::format("video{:06},1,2,l\n", i);
        return videos.list(text);
    }

    // One request at a time, so that the site's count is the list's.
    std::vector<std::string> words(const std::string& list, const std::string& max_wait) const
    {
        return videos.download(list, {"--url-base", server.url("/watch?v="), "--resolvers", "1", "--max-wait", max_wait,
                                      "--block-pause", "0.2"});
    }

    std::ptrdiff_t count(const std::string& beginning) const
    {
        return std::ranges::count_if(
            videos.report(), [&](const json& entry) { return entry[2].get<std::string>().starts_with(beginning); });
    }

    kinetics_site videos;
    reelpipe::test::site server;
};

}  // namespace

TEST_CASE("a long list on a site that blocks after 2,000 videos has 2,000 honest outcomes, the rest is pending",
          "[block][long]")
{
    // Instrumented, a video costs ten times as much; what is counted is the same.
    constexpr int answered = reelpipe::test::sanitized ? 200 : 2000, rows = 10 * answered;
    blocking_site site(answered, 1'000'000);

    const finished end = run(site.words(site.list(rows), "1"));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("run again"));
    // Every hundredth is there, and videos may change places before they are asked for.
    CHECK(site.count("Downloaded") >= answered / 100);
    CHECK(site.count("Downloaded") + site.count("gone: ") == answered);
    CHECK(site.count("Not reached") == rows - answered);
    CHECK(site.server.requests().size() < std::size_t{answered} + 10);
}

TEST_CASE("a block that ends is waited for, and nothing is lost", "[block][long]")
{
    blocking_site site(150, 3);

    const finished end = run(site.words(site.list(300), "1000"));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("answers again"));
    CHECK(site.count("Downloaded") == 3);
    CHECK(site.count("gone: ") == 297);
    // One refusal, probes of a video that was there before, and the refused video once more.
    CHECK(site.server.requests().size() == 300 + 4);
}
