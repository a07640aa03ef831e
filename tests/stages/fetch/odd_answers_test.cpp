#include <zlib.h>

#include <filesystem>
#include <string>

#include "media/error.hpp"
#include "stages/fetch/fetching.hpp"
#include "stages/fetch/gzip.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

namespace {

const std::vector<segment> asked_segments{seconds(20, 25)};

// A server whose answers a change makes odd.
using change = std::function<void(reply&, const asked&, const std::string& whole)>;

void check_fetched(const change& make_odd)
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) {
        reply answer = part_of(whole, r);
        make_odd(answer, r, whole);
        return answer;
    });
    fetching local;
    const fetched got = local.fetch(server.url("/video"), asked_segments);
    CHECK(can_be_cut(*got.files.at(0), whole, asked_segments));
    CHECK(got.held_bytes < whole.size() / 2);
}

std::string gzipped(const std::string& text)
{
    z_stream s{};
    REQUIRE(deflateInit2(&s, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&s, text.size()), '\0'), in = text;
    s.next_in = reinterpret_cast<Bytef*>(in.data());
    s.avail_in = static_cast<uInt>(in.size());
    s.next_out = reinterpret_cast<Bytef*>(out.data());
    s.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&s, Z_FINISH) == Z_STREAM_END);
    out.resize(s.total_out);
    deflateEnd(&s);
    return out;
}

// Each length is doubted once.
fetched fetch_until_believed(fetching& local, held_video& held, const media_source& source, unsigned& doubted)
{
    for (;;) {
        try {
            return local.fetch(held, source, asked_segments);
        } catch (const network_error&) {
            if (++doubted > 2) throw;
        }
    }
}

}  // namespace

TEST_CASE("an encoding that is none is none", "[odd_answers]")
{
    const auto encoding = GENERATE(as<std::string>{}, "", "identity", "none", "aws-chunked", "aws-chunked, Identity");
    check_fetched([&](reply& answer, const asked&, const std::string&) {
        answer.headers.push_back("Content-Encoding: " + encoding);
    });
}

TEST_CASE("what a server calls a video's type says nothing", "[odd_answers]")
{
    check_fetched([](reply& answer, const asked&, const std::string&) {
        answer.headers.emplace_back("Content-Type: text/html; charset=UTF-8");
    });
}

TEST_CASE("a part whose whole has no known length is a part", "[odd_answers]")
{
    check_fetched([](reply& answer, const asked&, const std::string& whole) {
        std::string& range = answer.headers.front();
        range.replace(range.find('/'), std::to_string(whole.size()).size() + 1, "/*");
    });
}

TEST_CASE("a part under status 200 is a part", "[odd_answers]")
{
    check_fetched([](reply& answer, const asked&, const std::string&) { answer.status = 200; });
}

TEST_CASE("a part that begins before what was asked for holds it", "[odd_answers]")
{
    check_fetched([](reply& answer, const asked& r, const std::string& whole) {
        asked aligned = r;
        const auto [first, last] = r.range().value();
        aligned.headers["range"] =
            "bytes=" + std::to_string(first / 4096 * 4096) + "-" + std::to_string(last / 4096 * 4096 + 4095);
        answer = part_of(whole, aligned);
    });
}

TEST_CASE("a cache that has no part of the file the first time has them ever after", "[odd_answers][long]")
{
    check_fetched([](reply& answer, const asked& r, const std::string& whole) {
        if (r.number == 0) answer = {.body = whole};
    });
    const auto in_between = GENERATE(1u, 2u);
    check_fetched([&](reply& answer, const asked& r, const std::string& whole) {
        if (r.number == in_between) answer = {.body = whole};
    });
}

TEST_CASE("nodes that spell a validator in two ways, or leave it out, have one file", "[odd_answers][long]")
{
    const auto other = GENERATE(as<std::string>{}, "ETag: \"v1\"", "ETag: \"v2\"", "X: none");
    check_fetched([&](reply& answer, const asked& r, const std::string&) {
        answer.headers.emplace_back("Last-Modified: Tue, 01 Sep 2026 10:00:00 GMT");
        answer.headers.push_back(r.number % 2 == 0 ? "ETag: W/\"v1\"" : other);
    });
}

TEST_CASE("validators of nodes that agree in nothing are seen through the second time", "[odd_answers]")
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) {
        reply answer = part_of(whole, r);
        answer.headers.push_back("ETag: \"" + std::to_string(r.number) + "\"");
        return answer;
    });
    fetching local;
    held_video held;
    const media_source source{{remote_file{.url = server.url("/video")}}};
    CHECK_THROWS_AS(local.fetch(held, source, asked_segments), changed_error);
    const fetched got = local.fetch(held, source, asked_segments);
    CHECK(can_be_cut(*got.files.at(0), whole, asked_segments));
}

TEST_CASE("a cookie that a redirect to the same address sets is sent there", "[odd_answers]")
{
    check_fetched([](reply& answer, const asked& r, const std::string&) {
        if (r.headers.contains("cookie") && r.headers.at("cookie") == "t=1") return;
        answer = {.status = 302, .headers = {"Set-Cookie: t=1; Path=/", "Location: /video"}};
    });
}

TEST_CASE("a body of unannounced length that broke off is fetched again", "[odd_answers][long]")
{
    // None of the parts reaches to the end of the segment.
    const auto [name, part] = GENERATE(table<std::string, double>({{"long.mp4", 0.08},
                                                                   {"long_moov_last.mp4", 0.08},
                                                                   {"long.ts", 0.05},
                                                                   {"long.webm", 0.15},
                                                                   {"long_no_cues.webm", 0.15},
                                                                   {"minute.mp4", 0.25}}));
    const bool once = GENERATE(true, false);
    CAPTURE(name, once);
    const std::string whole = video(name);
    const std::string begin = whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * part));
    origin server;
    server.serve("/video", [&](const asked& r) {
        return reply{.body = r.number == 0 || !once ? begin : whole, .announces_length = false};
    });
    fetching local;
    held_video held;
    const media_source source{{remote_file{.url = server.url("/video")}}};
    unsigned doubted = 0;
    try {
        const fetched got = fetch_until_believed(local, held, source, doubted);
        CHECK(can_be_cut(*got.files.at(0), once ? whole : begin, asked_segments) == once);
    } catch (const media::error&) {
        CHECK_FALSE(once);
    }
    CHECK(doubted >= 1);
}

TEST_CASE("a body of unannounced length that holds the segment is fetched once", "[odd_answers]")
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/video", [&](const asked&) {
        return reply{.body = whole.substr(0, whole.size() / 4), .announces_length = false};
    });
    fetching local;
    local.fetch(server.url("/video"), asked_segments);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("of a playlist, too, what broke off where nobody had said how long it is is fetched again", "[odd_answers]")
{
    const std::string folder = GENERATE("hls_ts", "hls_mp4");
    const bool is_of_list = GENERATE(true, false);
    const bool once = GENERATE(true, false);
    CAPTURE(folder, is_of_list, once);
    origin server;
    std::size_t ends = 0;
    for (const auto& entry : std::filesystem::directory_iterator(REELPIPE_TEST_MEDIA "/" + folder)) {
        const std::string name = entry.path().filename();
        const bool is_broken = is_of_list == name.ends_with(".m3u8");
        server.serve("/" + name, [&, name, is_broken, asked_for = 0u](const asked&) mutable {
            std::string body = video(std::filesystem::path(folder) / name);
            const std::size_t unit = is_of_list ? 1 : 188;  // of a packet of MPEG-TS
            if (is_broken && (++asked_for == 1 || !once)) body.resize((body.size() / 2 / unit - ++ends % 16) * unit);
            return reply{.body = body, .announces_length = false};
        });
    }
    fetching local;
    const auto fetch = [&] { return local.fetch(playlist_at(server.url("/list.m3u8")), {seconds(101, 104)}); };
    if (!once) {
        CHECK_THROWS_AS(fetch(), network_error);
        return;
    }
    const fetched got = fetch();
    REQUIRE_FALSE(got.clips.at(0).error);
    CHECK(frames_in(got.clips.at(0).files.at(0), seconds(101, 104)).size() == 90);
}

TEST_CASE("a length that nobody can have costs its video and no more", "[odd_answers]")
{
    const std::string whole = video("moov_first.mp4");
    const auto total = GENERATE(as<std::string>{}, "100000000000000", "9000000000000000000");
    origin server;
    server.serve("/video", [&](const asked& r) {
        reply answer = part_of(whole, r);
        std::string& range = answer.headers.front();
        range.replace(range.find('/') + 1, std::string::npos, total);
        return answer;
    });
    fetching local;
    CHECK_THROWS_AS(local.fetch(server.url("/video"), asked_segments), too_large_error);
}

TEST_CASE("a program that has a name says it, unless the source brings one along", "[odd_answers]")
{
    const std::string whole = video("moov_first.mp4");
    origin server;
    server.serve("/video", [&](const asked& r) { return part_of(whole, r); });
    fetching local({}, {.user_agent = "reelpipe/1"});
    local.fetch(server.url("/video"), asked_segments);
    CHECK(server.requests().front().headers.at("user-agent") == "reelpipe/1");
    local.fetch({{remote_file{.url = server.url("/video"), .headers = {"User-Agent: Player"}}}}, asked_segments);
    CHECK(server.requests().back().headers.at("user-agent") == "Player");
}

TEST_CASE("gzip is taken apart up to a limit, and only where it is whole", "[odd_answers]")
{
    const std::string text(100'000, 'x'), packed = gzipped(text);
    CHECK(looks_like_gzip(packed));
    CHECK_FALSE(looks_like_gzip("#EXTM3U"));
    CHECK(gunzipped(packed, text.size()) == text);
    CHECK_FALSE(gunzipped(packed, text.size() - 1));
    CHECK_FALSE(gunzipped(packed.substr(0, packed.size() / 2), text.size()));
    CHECK_FALSE(gunzipped("\x1f\x8b nothing of the kind", text.size()));
}
