#include "stages/fetch/host_limits.hpp"

#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/origin.hpp"

using namespace std::chrono_literals;
using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

namespace {

const std::vector<segment> limited_segments{seconds(20, 25)};

// A 403 means that what others ask for is held against this video.
asio::awaitable<void> fetch_until_served(fetching& local, std::string url, const std::string& whole, std::size_t& good)
{
    const media_source source{{remote_file{.url = std::move(url)}}};
    for (;;) {
        try {
            const fetched got = co_await local.fetcher.fetch(source, limited_segments);
            good += can_be_cut(*got.files.at(0), whole, limited_segments) ? 1 : 0;
            co_return;
        } catch (const http_error& e) {
            if (e.status == 403) throw;
        }
    }
}

}  // namespace

TEST_CASE("a mirror that wants to be left alone costs one request, and the others go on", "[host_limits]")
{
    const std::string whole = video("moov_first.mp4");
    origin broken, good;
    broken.serve("/video", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 600"}}; });
    good.serve("/video", [&](const asked& r) { return part_of(whole, r); });
    fetching local;
    CHECK_THROWS_AS(local.fetch(broken.url("/video"), limited_segments), http_error);
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(local.fetch(broken.url("/video"), limited_segments), postponed_error);
        const fetched got = local.fetch(good.url("/video"), limited_segments);
        CHECK(can_be_cut(*got.files.at(0), whole, limited_segments));
    }
    CHECK(broken.requests().size() == 1);
}

TEST_CASE("who wants something of a host that is left alone does not wait for room on the disk first", "[host_limits]")
{
    origin busy;
    busy.serve("/video", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 600"}}; });
    fetching local;
    const auto budget = std::make_shared<disk_budget>(local.io.get_executor(), 100);
    fetcher bounded(local.http, local.pool.get_executor(),
                    {.folder = local.folder.path(), .retry_pause = 0ms, .budget = budget});
    const media_source source{{remote_file{.url = busy.url("/video")}}};
    CHECK_THROWS_AS(run_awaitable(local.io, bounded.fetch(source, limited_segments)), http_error);

    const auto oldest = budget->begin_video();  // never waits, and is not done
    oldest->hold(100);
    CHECK_THROWS_AS(run_awaitable(local.io, bounded.fetch(source, limited_segments)), postponed_error);
    CHECK(busy.requests().size() == 1);
    oldest->give_back(100);
}

TEST_CASE("a day's pause that is asked for one file does not keep anybody from the others", "[host_limits]")
{
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/good", [&](const asked& r) { return part_of(whole, r); });
    server.serve("/odd", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 86400"}}; });
    fetching local;
    (void)local.fetch(server.url("/good"), limited_segments);
    try {
        (void)local.fetch(server.url("/odd"), limited_segments);
        FAIL("it was served");
    } catch (const http_error& e) {
        CHECK(e.status == 503);
        CHECK(e.retry_after <= 60s);
    }
    const fetched got = local.fetch(server.url("/good"), limited_segments);
    CHECK(can_be_cut(*got.files.at(0), whole, limited_segments));
}

TEST_CASE("one refusal among answers that are good costs its video nothing", "[host_limits]")
{
    const std::string whole = video("long.mp4");
    const int status = GENERATE(429, 503);
    origin server;
    server.serve("/video", [&](const asked& r) {
        return r.number == 1 ? reply{.status = status, .headers = {"Retry-After: 1"}} : part_of(whole, r);
    });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), limited_segments);
    CHECK(can_be_cut(*got.files.at(0), whole, limited_segments));
}

TEST_CASE("a real server's limits on connections and requests fail no video", "[host_limits][long]")
{
    const bool of_rate = GENERATE(true, false);
    const int status = GENERATE(503, 403);
    if (of_rate && status == 403) return;
    nginx server(
        REELPIPE_TEST_MEDIA,
        {.in_location = (of_rate ? "limit_req zone=r; limit_req_status " : "limit_conn c 2; limit_conn_status ") +
                        std::to_string(status) + ";",
         .in_http = "limit_req_zone $server_name zone=r:1m rate=50r/s; limit_conn_zone $server_name zone=c:1m;"});
    const std::string whole = video("long.mp4");
    fetching local;
    std::size_t good = 0;
    std::vector<std::exception_ptr> failed;
    for (int i = 0; i < 24; ++i)
        asio::co_spawn(local.io, fetch_until_served(local, server.url("long.mp4"), whole, good),
                       [&](std::exception_ptr e) {
                           if (e) failed.push_back(e);
                       });
    local.io.run();
    CHECK(failed.empty());
    CHECK(good == 24);
}
