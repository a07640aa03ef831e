#include "stages/fetch/fetcher.hpp"

#include <algorithm>

#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

namespace {

const std::vector<segment> five_seconds{seconds(20, 25)};

reply cut_off(reply answer, std::size_t sent, reply::ending how)
{
    answer.sent = sent;
    answer.then = how;
    return answer;
}

}  // namespace

TEST_CASE("a server that ignores ranges is read up to the last byte that is needed", "[fetcher][faults]")
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/video", [&](const asked&) { return reply{.body = whole}; });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), five_seconds);

    CHECK(can_be_cut(*got.files.at(0), whole, five_seconds));
    CHECK(got.counts.requests <= 4);
    CHECK(got.held_bytes < whole.size() / 2);
    CHECK(local.fetch(server.url("/video"), five_seconds).counts.requests <= 3);  // it is known by then
}

TEST_CASE("a server that ignores ranges gives all of a video whose index is behind", "[fetcher][faults]")
{
    const std::string whole = video("moov_last.mp4");
    const bool announces = GENERATE(true, false);
    origin server;
    server.serve("/video", [&](const asked&) { return reply{.body = whole, .announces_length = announces}; });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), five_seconds);

    CHECK(can_be_cut(*got.files.at(0), whole, five_seconds));
    CHECK(got.held_bytes == whole.size());
    CHECK(got.counts.requests == (announces ? 3 : 1));
}

TEST_CASE("a body without ranges is read up to the limit only", "[fetcher][faults]")
{
    // In front, a box of more than the sockets between client and server can take: what was sent tells what was read.
    const std::string whole =
        std::string("\x04\0\0\0free", 8) + std::string(64u << 20, '\0') + video("long_moov_last.mp4");
    const bool announces = GENERATE(true, false);
    origin server;
    server.serve("/video", [&](const asked&) { return reply{.body = whole, .announces_length = announces}; });
    fetching local({.whole_limit = 500'000});

    CHECK_THROWS_AS(local.fetch(server.url("/video"), five_seconds), too_large_error);
    CHECK(server.body_bytes() < whole.size());
}

TEST_CASE("a server that stops taking ranges in between is still used", "[fetcher][faults]")
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) { return r.number < 2 ? part_of(whole, r) : reply{.body = whole}; });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), {seconds(20, 25), seconds(100, 105)});

    CHECK(can_be_cut(*got.files.at(0), whole, {seconds(20, 25), seconds(100, 105)}));
}

TEST_CASE("only what a short or broken answer left out is asked for again", "[fetcher][faults]")
{
    const std::string whole = video("moov_first.mp4");
    const auto how = GENERATE(reply::ending::close, reply::ending::reset);
    origin server;
    server.serve("/video", [&](const asked& r) {
        reply answer = part_of(whole, r);
        if (r.number % 2 == 1) return answer;
        const std::size_t half = answer.body.size() / 2;
        return cut_off(std::move(answer), half, how);
    });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), five_seconds);

    CHECK(can_be_cut(*got.files.at(0), whole, five_seconds));
    CHECK(got.counts.bytes == got.held_bytes);  // nothing came twice
    if (how == reply::ending::close) CHECK(server.body_bytes() == got.held_bytes);
}

TEST_CASE("a server that gives less than was asked is asked for the rest", "[fetcher][faults]")
{
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/video", [&](asked r) {
        const auto range = r.range().value();
        r.headers["range"] =
            "bytes=" + std::to_string(range.first) + "-" + std::to_string(std::min(range.second, range.first + 29'999));
        return part_of(whole, r);
    });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), five_seconds);

    CHECK(can_be_cut(*got.files.at(0), whole, five_seconds));
    CHECK(server.body_bytes() == got.held_bytes);
}

TEST_CASE("a server that never gets anywhere is given up", "[fetcher][faults]")
{
    const std::string whole = video("moov_first.mp4");
    const std::size_t trickle = GENERATE(0u, 10u);
    origin server;
    server.serve("/video", [&](const asked& r) {
        return cut_off(part_of(whole, r), r.number == 0 ? whole.size() : trickle, reply::ending::close);
    });
    fetching local({.retries = 3});

    CHECK_THROWS_AS(local.fetch(server.url("/video"), five_seconds), network_error);
    CHECK(server.requests().size() == 5);  // the head, the next piece and three more tries
}

TEST_CASE("a stall is broken off and the rest asked for again", "[fetcher][faults]")
{
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) {
        if (r.number != 1) return part_of(whole, r);
        return cut_off(part_of(whole, r), 5000, reply::ending::stall);
    });
    fetching local({}, {.stall_time = std::chrono::seconds(1)});
    const fetched got = local.fetch(server.url("/video"), five_seconds);

    CHECK(can_be_cut(*got.files.at(0), whole, five_seconds));
    CHECK(server.body_bytes() == got.held_bytes);
}

TEST_CASE("a file that changes while it is read fails, and the next fetch begins anew", "[fetcher][faults]")
{
    const std::string before = video("moov_first.mp4");
    const std::string after = video("moov_last.mp4") + std::string(100, '\0');
    const bool by_tag = GENERATE(true, false);
    origin server;
    server.serve("/video", [&](const asked& r) {
        reply answer = part_of(r.number > 0 && !by_tag ? after : before, r);
        if (by_tag) answer.headers.emplace_back(r.number > 0 ? "ETag: \"b\"" : "ETag: \"a\"");
        return answer;
    });
    fetching local;
    held_video held;
    const media_source source{{remote_file{.url = server.url("/video")}}};

    CHECK_THROWS_AS(local.fetch(held, source, five_seconds), changed_error);
    const fetched got = local.fetch(held, source, five_seconds);
    CHECK(can_be_cut(*got.files.at(0), by_tag ? before : after, five_seconds));
}

TEST_CASE("after an expired URL a new one goes on with what is held", "[fetcher][faults]")
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/old", [&](const asked& r) { return r.number < 2 ? part_of(whole, r) : reply{.status = 403}; });
    server.serve("/new", [&](const asked& r) { return part_of(whole, r); });
    fetching local;
    held_video held;
    try {
        local.fetch(held, {{remote_file{.url = server.url("/old?expire=1")}}}, five_seconds);
        FAIL("it did not expire");
    } catch (const http_error& e) {
        CHECK(e.status == 403);
    }
    const fetched got = local.fetch(held, {{remote_file{.url = server.url("/new?expire=2")}}}, five_seconds);

    CHECK(can_be_cut(*got.files.at(0), whole, five_seconds));
    CHECK(server.body_bytes() == got.held_bytes);  // nothing came twice
}

TEST_CASE("refusals pass with their status and wait", "[fetcher][faults]")
{
    const int status = GENERATE(403, 404, 410, 416, 500);
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) {
        return r.number == 0 ? part_of(whole, r) : reply{.status = status, .headers = {"Retry-After: 30"}};
    });
    fetching local;
    try {
        local.fetch(server.url("/video"), five_seconds);
        FAIL("it was accepted");
    } catch (const http_error& e) {
        CHECK(e.status == status);
        CHECK(e.retry_after == std::chrono::seconds(30));
    }
}

TEST_CASE("a range that cannot be satisfied from the first byte on is an empty file", "[fetcher][faults]")
{
    origin server;
    server.serve("/video", [](const asked& r) { return part_of("", r); });
    fetching local;
    CHECK_THROWS_AS(local.fetch(server.url("/video"), five_seconds), not_media_error);
}

TEST_CASE("a wrong Content-Range in between is no part of the video", "[fetcher][faults]")
{
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/video", [&](asked r) {
        if (r.number > 0) r.headers["range"] = "bytes=0-999";
        return part_of(whole, r);
    });
    fetching local;
    held_video held;
    CHECK_THROWS_AS(local.fetch(held, {{remote_file{.url = server.url("/video")}}}, five_seconds), answer_error);
    CHECK(held.counts.bytes == held.files.at(0).bytes->held().bytes());
}

TEST_CASE("a page that comes where the video was is not written into it", "[fetcher][faults]")
{
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) {
        return r.number == 0 ? part_of(whole, r)
                             : reply{.headers = {"Content-Type: text/html; charset=utf-8"}, .body = "<p>Sign in"};
    });
    fetching local;
    held_video held;
    CHECK_THROWS_AS(local.fetch(held, {{remote_file{.url = server.url("/video")}}}, five_seconds), transfer_error);
    CHECK(held.counts.bytes <= (64u << 10));
}
