#include "stages/fetch/host_pauses.hpp"

#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;
using namespace std::chrono_literals;

TEST_CASE("a host is left alone until the time that it has named", "[host_pauses]")
{
    const auto now = host_pauses::clock::now();
    host_pauses pauses;
    pauses.refused(http_error("busy", "a:80", 503, 30s), now);
    pauses.refused(http_error("busy", "a:80", 429, 10s), now);     // the longer one counts
    pauses.refused(http_error("busy", "b:80", 503), now);          // without a time
    pauses.refused(http_error("missing", "c:80", 404, 30s), now);  // another matter

    try {
        pauses.check("http://a:80/video", now + 12s);
        FAIL("it was let through");
    } catch (const http_error& e) {
        CHECK(e.status == 429);
        CHECK(e.retry_after == 18s);
        CHECK(e.host == "a:80");
    }
    CHECK_NOTHROW(pauses.check("http://a:80/video", now + 30s));
    CHECK_NOTHROW(pauses.check("http://a:81/video", now));
    CHECK_NOTHROW(pauses.check("http://b:80/video", now));
    CHECK_NOTHROW(pauses.check("http://c:80/video", now));
}

TEST_CASE("a mirror that refuses costs one request, and the others go on", "[host_pauses]")
{
    const std::string whole = video("moov_first.mp4");
    origin broken, good;
    broken.serve("/video", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 600"}}; });
    good.serve("/video", [&](const asked& r) { return part_of(whole, r); });
    fetching local;
    const std::vector<segment> wanted{seconds(20, 25)};
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(local.fetch(broken.url("/video"), wanted), http_error);
        const fetched got = local.fetch(good.url("/video"), wanted);
        CHECK(can_be_cut(*got.files.at(0), whole, wanted));
    }
    CHECK(broken.requests().size() == 1);
}

TEST_CASE("who wants something of a host that is left alone does not wait for room on the disk first", "[host_pauses]")
{
    origin busy;
    busy.serve("/video", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 600"}}; });
    fetching local;
    const auto budget = std::make_shared<disk_budget>(local.io.get_executor(), 100);
    fetcher bounded(local.http, local.pool.get_executor(),
                    {.folder = local.folder.path(), .retry_pause = 0ms, .budget = budget});
    const media_source source{{remote_file{.url = busy.url("/video")}}};
    CHECK_THROWS_AS(run_awaitable(local.io, bounded.fetch(source, {seconds(20, 25)})), http_error);

    const auto oldest = budget->begin_video();  // never waits, and is not done
    oldest->hold(100);
    CHECK_THROWS_AS(run_awaitable(local.io, bounded.fetch(source, {seconds(20, 25)})), http_error);
    CHECK(busy.requests().size() == 1);
    oldest->give_back(100);
}
