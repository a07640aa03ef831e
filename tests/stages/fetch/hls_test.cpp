#include "stages/fetch/hls.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "media/segment_reader.hpp"
#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/origin.hpp"
#include "support/sparse_copy.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;
using namespace std::chrono_literals;

namespace {

std::int64_t seconds_of_audio(const media::partial_file& file, segment wanted, media::stream_selection kind)
{
    media::demuxer input(file, {}, media::edit_list_mode::applied, kind);
    media::segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    double sum = 0;
    while (reader.next(packet.get())) {
        const av::scoped_packet unref(packet);
        if (input.audio() && unref->stream_index == input.audio()->index)
            sum +=
                std::chrono::duration<double>(av::to_microseconds(unref->duration, input.audio()->time_base)).count();
    }
    return std::llround(sum);
}

std::string replaced(std::string text, const std::string& what, const std::string& by)
{
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

media::fault fault_of(const fetched& got, std::size_t clip)
{
    const std::exception_ptr error = got.clips.at(clip).error;
    REQUIRE(error);
    try {
        std::rethrow_exception(error);
    } catch (const media::error& e) {
        return e.kind();
    }
}

// The same frames of the video that the playlist was made of; the container rounds times to 11 us, we to 1 ms.
bool same_frames(const media::partial_file& file, segment wanted)
{
    const whole_file original(REELPIPE_TEST_MEDIA "/long.mp4");
    const std::set<std::int64_t> here = frames_in(file, wanted), there = frames_in(original.file(), wanted);
    const auto near = [](std::int64_t a, std::int64_t b) { return std::abs(a - b) <= 1; };
    return !there.empty() && std::ranges::equal(here, there, near);
}

}  // namespace

TEST_CASE("of a playlist the segments that a clip overlaps are fetched, and nothing else", "[hls]")
{
    const std::string folder = GENERATE("hls_ts", "hls_mp4");
    const bool has_header = folder == "hls_mp4";
    struct example {
        segment wanted;
        std::size_t segments;
        std::size_t rounds = 2;
    };
    // The segments are 5.005 s long, but the last 0.06 s of their audio are in the next one.
    const auto [wanted, segments, rounds] =
        GENERATE(example{seconds(151, 159), 2}, example{seconds(0, 4.9), 1}, example{{5005ms, 10010ms}, 2, 3},
                 example{seconds(104.9, 105.2), 2}, example{seconds(297, 300), 1});
    CAPTURE(folder, wanted.start.count());
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const fetched got = local.fetch(playlist_at(server.url(folder + "/list.m3u8")), {wanted});
    const std::vector<nginx_request> served = server.log(got.counts.requests);

    REQUIRE_FALSE(got.clips.at(0).error);
    CHECK(same_frames(got.clips.at(0).files.at(0), wanted));
    CHECK(got.counts.rounds == rounds);
    const std::size_t first = wanted.start < 5005ms ? 0 : 1;  // the beginning of it has the clock
    CHECK(served.size() == 1 + segments + (has_header ? 1 : 0) + first);
    CHECK(server.body_bytes(served.size()) == got.index_bytes + got.span_bytes);
    CHECK(got.counts.bytes == got.held_bytes);
}

TEST_CASE("segments may be parts of one file", "[hls]")
{
    const std::string folder = GENERATE("hls_ts_one_file", "hls_mp4_one_file");
    CAPTURE(folder);
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const segment wanted = seconds(151, 159);
    const fetched got = local.fetch(playlist_at(server.url(folder + "/list.m3u8")), {wanted});

    CHECK(same_frames(got.clips.at(0).files.at(0), wanted));
    CHECK(seconds_of_audio(got.clips.at(0).files.at(0), wanted, media::stream_selection::audio_and_video) == 8);
    CHECK(server.body_bytes(got.counts.requests) == got.index_bytes + got.span_bytes);
    CHECK(got.span_bytes < 700'000);
}

TEST_CASE("of a master playlist one variant is taken, and the audio that goes with it", "[hls]")
{
    const std::string folder = GENERATE("hls_groups", "hls_ts_groups");
    CAPTURE(folder);
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const segment wanted = seconds(151, 159);
    const fetched got = local.fetch(playlist_at(server.url(folder + "/master.m3u8")), {wanted});

    const auto& files = got.clips.at(0).files;
    REQUIRE(files.size() == 2);
    CHECK(same_frames(files[0], wanted));
    CHECK(seconds_of_audio(files[1], wanted, media::stream_selection::audio_only) == 8);
    CHECK(files[0].origin == files[1].origin);
    CHECK(got.counts.rounds == 3);
    CHECK(server.body_bytes(got.counts.requests) == got.index_bytes + got.span_bytes);
}

TEST_CASE("clips of a playlist share what overlaps, and later ones cost only what is new", "[hls]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    held_video held;
    const media_source source = playlist_at(server.url("hls_ts/list.m3u8"));
    const std::vector<segment> wanted{seconds(151, 159), seconds(155.5, 159), seconds(20.5, 24)};
    const fetched got = local.fetch(held, source, wanted);

    CHECK(got.counts.requests == 1 + 3 + 1);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(same_frames(got.clips.at(i).files.at(0), wanted[i]));

    const fetched more = local.fetch(held, source, {seconds(151, 164)});
    CHECK(more.counts.requests == 1 + 3 + 1 + 1);
    CHECK(same_frames(more.clips.at(0).files.at(0), seconds(151, 164)));
}

TEST_CASE("a clip that cannot be had of a playlist does not cost the others", "[hls]")
{
    origin server;
    std::string list = video("hls_ts/list.m3u8");
    const auto tenth = list.find("s10.ts");
    list.insert(list.rfind("#EXTINF", tenth), "#EXT-X-DISCONTINUITY\n");
    server.serve("/list.m3u8", [&](const asked& r) { return part_of(list, r); });
    for (int i = 0; i < 60; ++i) {
        const std::string name = "/s" + std::to_string(i) + ".ts";
        server.serve(name, [name](const asked& r) { return part_of(video("hls_ts" + name), r); });
    }
    fetching local;
    const std::vector<segment> wanted{seconds(20, 25), seconds(48, 53), seconds(51, 54), seconds(4000, 4010)};
    const fetched got = local.fetch(playlist_at(server.url("/list.m3u8")), wanted);

    CHECK(same_frames(got.clips.at(0).files.at(0), wanted[0]));
    CHECK(fault_of(got, 1) == media::fault::unsupported);  // on both sides of the discontinuity
    CHECK(same_frames(got.clips.at(2).files.at(0), wanted[2]));
    CHECK(fault_of(got, 3) == media::fault::beyond_end);
}

TEST_CASE("a playlist whose durations are rounded gives the frames of a clip by their own times", "[hls][clock]")
{
    const std::string folder = GENERATE("hls_ts", "hls_mp4", "hls_groups", "hls_ts_groups", "hls_mp4_one_file");
    const std::string length = GENERATE("6", "5", "4.5");
    const bool is_apart = folder.ends_with("groups");
    CAPTURE(folder, length);
    temp_folder files;
    std::filesystem::copy(REELPIPE_TEST_MEDIA "/" + folder, files.path(), std::filesystem::copy_options::recursive);
    for (const auto& each : std::filesystem::directory_iterator(files.path()))
        if (each.path().extension() == ".m3u8")
            write_file(each.path(), replaced(read_file(each.path()), "#EXTINF:5.005000", "#EXTINF:" + length));
    nginx server(files.path());
    fetching local;
    const std::string name = is_apart ? "master.m3u8" : "list.m3u8";
    const std::vector<segment> wanted{seconds(12, 17.5), seconds(151, 159), seconds(290, 296), seconds(0.5, 2)};
    const fetched got = local.fetch(playlist_at(server.url(name)), wanted);

    for (std::size_t i = 0; i < wanted.size(); ++i) {
        CAPTURE(i);
        REQUIRE_FALSE(got.clips.at(i).error);
        CHECK(same_frames(got.clips[i].files.at(0), wanted[i]));
        if (is_apart)
            CHECK(seconds_of_audio(got.clips[i].files.at(1), wanted[i], media::stream_selection::audio_only) >= 1);
    }
    CHECK(got.span_bytes < 3'500'000);
}

TEST_CASE("where a playlist and the timestamps in its segments part, a clip is refused", "[hls][clock]")
{
    origin server;
    const std::string list = video("hls_ts/list.m3u8");
    server.serve("/list.m3u8", [&](const asked& r) { return part_of(list, r); });
    for (int i = 0; i < 60; ++i) {
        // Two halves of a video one behind the other, and no discontinuity between them
        const std::string of = "hls_ts/s" + std::to_string(i < 30 ? i : i - 30) + ".ts";
        server.serve("/s" + std::to_string(i) + ".ts", [of](const asked& r) { return part_of(video(of), r); });
    }
    fetching local;
    const std::vector<segment> wanted{seconds(20, 25), seconds(148, 153), seconds(200, 205)};
    const fetched got = local.fetch(playlist_at(server.url("/list.m3u8")), wanted);

    CHECK(same_frames(got.clips.at(0).files.at(0), wanted[0]));
    CHECK(fault_of(got, 1) == media::fault::unsupported);
    CHECK(fault_of(got, 2) == media::fault::unsupported);
}

TEST_CASE("behind a discontinuity, rounded durations say nothing about time", "[hls][clock]")
{
    origin server;
    const bool is_rounded = GENERATE(false, true);
    std::string list = video("hls_ts/list.m3u8");
    list.insert(list.rfind("#EXTINF", list.find("s10.ts")), "#EXT-X-DISCONTINUITY\n");
    if (is_rounded) list = replaced(list, "5.005000", "5");
    server.serve("/list.m3u8", [&](const asked& r) { return part_of(list, r); });
    for (int i = 0; i < 60; ++i) {
        const std::string name = "/s" + std::to_string(i) + ".ts";
        server.serve(name, [name](const asked& r) { return part_of(video("hls_ts" + name), r); });
    }
    fetching local;
    const fetched got = local.fetch(playlist_at(server.url("/list.m3u8")), {seconds(20, 25), seconds(80, 85)});

    CHECK(same_frames(got.clips.at(0).files.at(0), seconds(20, 25)));
    if (is_rounded)
        CHECK(fault_of(got, 1) == media::fault::unsupported);
    else
        CHECK(same_frames(got.clips.at(1).files.at(0), seconds(80, 85)));
}

TEST_CASE("after an expired URL a new playlist goes on with the segments that are held", "[hls][faults]")
{
    const std::string old_list = video("hls_ts/list.m3u8");
    std::string new_list = old_list;
    for (auto at = new_list.find("\ns"); at != new_list.npos; at = new_list.find("\ns", at + 2))
        new_list.insert(at + 1, "new/");
    origin server;
    server.serve("/old.m3u8", [&](const asked& r) { return part_of(old_list, r); });
    server.serve("/new.m3u8", [&](const asked& r) { return part_of(new_list, r); });
    for (int i : {0, 30, 31}) {
        const std::string name = "s" + std::to_string(i) + ".ts";
        server.serve("/" + name, [=](const asked& r) {
            return i == 31 ? reply{.status = 403} : part_of(video("hls_ts/" + name), r);
        });
        server.serve("/new/" + name, [=](const asked& r) { return part_of(video("hls_ts/" + name), r); });
    }
    fetching local({.parallel = 1});
    held_video held;
    const segment wanted = seconds(151, 159);
    CHECK_THROWS_AS(local.fetch(held, playlist_at(server.url("/old.m3u8")), {wanted}), http_error);
    const fetched got = local.fetch(held, playlist_at(server.url("/new.m3u8")), {wanted});

    CHECK(same_frames(got.clips.at(0).files.at(0), wanted));
    const std::vector<asked> all = server.requests();
    CHECK(std::ranges::count(all, "/s30.ts", &asked::path) == 1);
    CHECK(std::ranges::count(all, "/new/s30.ts", &asked::path) == 0);
}

TEST_CASE("passwords and cookies of a playlist's host go to no other", "[hls]")
{
    origin site, elsewhere;
    std::string list = video("hls_ts/list.m3u8");
    list.replace(list.find("\ns1.ts"), 6, "\n" + elsewhere.url("/s1.ts"));
    site.serve("/list.m3u8", [&](const asked& r) { return part_of(list, r); });
    site.serve("/s0.ts", [](const asked& r) { return part_of(video("hls_ts/s0.ts"), r); });
    elsewhere.serve("/s1.ts", [](const asked& r) { return part_of(video("hls_ts/s1.ts"), r); });
    fetching local({}, {.allow_private = true});
    media_source source = playlist_at(site.url("/list.m3u8"));
    std::get<hls_playlist>(source.files[0]).playlist.headers = {"Referer: http://page/", "authorization: Basic YTpi",
                                                                "Proxy-Authorization: Basic YTpi"};
    std::get<hls_playlist>(source.files[0]).playlist.cookies = "a=1";
    local.fetch(source, {seconds(3, 7)});

    for (const asked& request : site.requests()) {
        CHECK(request.headers.contains("authorization"));
        CHECK(request.headers.contains("cookie"));
    }
    REQUIRE_FALSE(elsewhere.requests().empty());
    for (const asked& request : elsewhere.requests()) {
        CHECK(request.headers.at("referer") == "http://page/");
        CHECK_FALSE(request.headers.contains("authorization"));
        CHECK_FALSE(request.headers.contains("proxy-authorization"));
        CHECK_FALSE(request.headers.contains("cookie"));
    }
}

TEST_CASE("playlists without an end, with keys, or that are none are refused as such", "[hls]")
{
    using kind = playlist_error::kind;
    struct example {
        std::string text;
        kind why;
    };
    const std::string segment_line = "#EXTINF:5,\ns.ts\n", end = "#EXT-X-ENDLIST\n";
    const auto [text, why] = GENERATE_COPY(
        example{"#EXTM3U\n" + segment_line, kind::live},
        example{"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n" + segment_line + end, kind::encrypted},
        example{"#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\"\n" + segment_line + end, kind::encrypted},
        example{"ID3 is no playlist", kind::no_playlist},
        example{"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n" + end, kind::unsupported});
    origin server;
    server.serve("/list.m3u8", [&](const asked& r) { return part_of(text, r); });
    fetching local;
    try {
        local.fetch(playlist_at(server.url("/list.m3u8")), {seconds(0, 1)});
        FAIL("it was accepted");
    } catch (const playlist_error& e) {
        CHECK(e.why == why);
        CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("/list.m3u8"));
    }
    CHECK(server.requests().size() == 1);
}
