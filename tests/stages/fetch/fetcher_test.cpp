#include "stages/fetch/fetcher.hpp"

#include <memory>

#include "media/error.hpp"
#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/temp_folder.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

namespace {

double ratio(const fetched& got, std::uint64_t served)
{
    return static_cast<double>(served) / static_cast<double>(got.index_bytes + got.span_bytes);
}

}  // namespace

TEST_CASE("a clip of an MP4 takes its index, its span and few requests, wherever the index is", "[fetcher]")
{
    struct shape {
        const char* name;
        segment wanted;
        std::size_t before_the_span;  // as many round trips at most
    };
    const auto shape_of_video =
        GENERATE(shape{"long.mp4", seconds(150, 160), 2}, shape{"moov_first.mp4", seconds(20, 30), 2},
                 shape{"silent.mp4", seconds(10, 15), 2}, shape{"long_moov_last.mp4", seconds(150, 160), 2},
                 shape{"moov_last.mp4", seconds(20, 30), 2});
    const auto& [name, wanted, before_the_span] = shape_of_video;
    CAPTURE(name);
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const fetched got = local.fetch(server.url(name), {wanted});
    const std::vector<nginx_request> served = server.log(got.counts.requests);

    CHECK(can_be_cut(*got.files.at(0), video(name), {wanted}));
    CHECK(got.counts.rounds == served.size());  // one request a round
    CHECK(served.size() <= before_the_span + 1);
    CHECK(served.back().body_bytes + 1024 > got.span_bytes);  // the last one is the span
    CHECK(server.body_bytes(served.size()) == got.held_bytes);
    CHECK(ratio(got, server.body_bytes(served.size())) <= 1.10);
    CHECK(got.size == video(name).size());
}

TEST_CASE("of a video in two files, only index and span of both are fetched", "[fetcher][pair][long]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const std::vector<segment> wanted{
        GENERATE(seconds(150, 160), seconds(0, 10), seconds(33.3, 41), seconds(292, 300))};
    const media_source source{
        {remote_file{.url = server.url("long_video.mp4")}, remote_file{.url = server.url("long_audio.m4a")}}};
    const fetched got = local.fetch(source, wanted);

    CHECK(can_be_cut(*got.files.at(0), video("long_video.mp4"), wanted));
    CHECK(can_be_cut(*got.files.at(1), video("long_audio.m4a"), wanted, media::stream_selection::audio_only));
    CHECK(got.counts.rounds <= 3);
    CHECK(server.body_bytes(got.counts.requests) == got.held_bytes);
    CHECK(ratio(got, got.held_bytes) <= 1.10);
}

TEST_CASE("of a WebM with Cues, wherever they are, only index and span are fetched", "[fetcher][webm]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const std::string name = GENERATE("long.webm", "long_cues_first.webm");
    const std::vector<segment> wanted{GENERATE(seconds(50, 60), seconds(0, 10), seconds(93, 100))};
    CAPTURE(name);
    const fetched got = local.fetch(server.url(name), wanted);

    CHECK(can_be_cut(*got.files.at(0), video(name), wanted));
    CHECK(got.counts.rounds <= 5);
    CHECK(server.body_bytes(got.counts.requests) == got.held_bytes);
    CHECK(ratio(got, got.held_bytes) <= 1.10);
}

TEST_CASE("videos without an index are paged through", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const std::string name =
        GENERATE("video.ts", "fragments.mp4", "fragments_sidx.mp4", "long_no_cues.webm", "video.mkv");
    const std::vector<segment> wanted{seconds(5, 8)};
    CAPTURE(name);
    const fetched got = local.fetch(server.url(name), wanted);

    CHECK(can_be_cut(*got.files.at(0), video(name), wanted));
    CHECK(server.body_bytes(got.counts.requests) == got.held_bytes);
}

TEST_CASE("several clips of a video share its index and what overlaps", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const std::vector<segment> wanted{seconds(20, 30), seconds(25, 35), seconds(250, 260)};
    const fetched got = local.fetch(server.url("long.mp4"), wanted);

    CHECK(can_be_cut(*got.files.at(0), video("long.mp4"), wanted));
    CHECK(got.counts.rounds <= 3);
    CHECK(server.body_bytes(got.counts.requests) == got.held_bytes);
    CHECK(ratio(got, got.held_bytes) <= 1.10);
}

TEST_CASE("large spans are asked for in parts that the source allows", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const std::vector<segment> wanted{seconds(0, 300)};
    const media_source source{{remote_file{.url = server.url("long.mp4"), .max_range = 200'000}}};
    const fetched got = local.fetch(source, wanted);

    CHECK(can_be_cut(*got.files.at(0), video("long.mp4"), wanted));
    for (const nginx_request& request : server.log(got.counts.requests)) {
        CHECK(request.status == 206);
        CHECK(request.body_bytes <= 200'000);
    }
    CHECK(server.body_bytes(got.counts.requests) == got.held_bytes);
}

TEST_CASE("the next clips of a video that is held cost only what is new", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    held_video held;
    const media_source source{{remote_file{.url = server.url("long.mp4")}}};
    const fetched first = local.fetch(held, source, {seconds(100, 110)});
    const fetched again = local.fetch(held, source, {seconds(101, 108)});
    CHECK(again.counts.requests == first.counts.requests);

    const fetched more = local.fetch(held, source, {seconds(200, 210)});
    CHECK(more.counts.requests == first.counts.requests + 1);
    CHECK(more.files == first.files);
    CHECK(server.body_bytes(more.counts.requests) == more.held_bytes);
}

TEST_CASE("videos that are alike need one round less after a while", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    std::uint64_t rounds = 0, bytes = 0;
    for (int i = 0; i < 40; ++i) {
        const fetched got = local.fetch(server.url("long.mp4"), {seconds(150, 160)});
        rounds = got.counts.rounds;
        bytes = got.counts.bytes;
        CHECK(ratio(got, bytes) <= 1.10);
    }
    CHECK(rounds == 2);
}

TEST_CASE("a segment beyond the end of the video costs its index only", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const fetched got = local.fetch(server.url("moov_last.mp4"), {seconds(4000, 4010)});
    CHECK(got.held_bytes < got.size);
}

TEST_CASE("a file of the user's is not copied", "[fetcher]")
{
    fetching local;
    const std::vector<segment> wanted{seconds(3, 8)};
    const media_source source{{local_file{REELPIPE_TEST_MEDIA "/moov_last.mp4"}}};
    const fetched got = local.fetch(source, wanted);

    CHECK(can_be_cut(*got.files.at(0), video("moov_last.mp4"), wanted));
    CHECK(got.counts.bytes == 0);
    CHECK(got.held_bytes == got.size);
}

TEST_CASE("what is no video fails as such, near or far", "[fetcher]")
{
    const temp_folder files;
    write_file(files / "page.html", "<!DOCTYPE html><p>Sign in");
    write_file(files / "page.mp4", "\n<html>Sign in</html>");
    write_file(files / "noise.mp4", std::string(100'000, 'x'));
    write_file(files / "empty.mp4", "");
    nginx server(files.path());
    fetching local;
    const std::vector<segment> wanted{seconds(0, 10)};

    CHECK_THROWS_AS(local.fetch(server.url("page.html"), wanted), not_media_error);
    CHECK_THROWS_AS(local.fetch(server.url("page.mp4"), wanted), not_media_error);
    CHECK_THROWS_AS(local.fetch(server.url("empty.mp4"), wanted), not_media_error);
    CHECK_THROWS_AS(local.fetch(server.url("noise.mp4"), wanted), media::error);
    CHECK_THROWS_AS(local.fetch({{local_file{files / "empty.mp4"}}}, wanted), not_media_error);
    CHECK_THROWS_AS(local.fetch({{local_file{files / "missing.mp4"}}}, wanted), std::system_error);
    CHECK_THROWS_AS(local.fetch(server.url("missing.mp4"), wanted), http_error);
    CHECK(std::filesystem::is_empty(local.folder.path()));
}

TEST_CASE("a temporary folder that is not there is the disk's fault", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    std::filesystem::remove(local.folder.path());
    CHECK_THROWS_AS(local.fetch(server.url("moov_first.mp4"), {seconds(0, 10)}), std::system_error);
}

TEST_CASE("limits hold before a byte too many is asked for", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local({.video_limit = 300'000});
    CHECK_THROWS_AS(local.fetch(server.url("long.mp4"), {seconds(0, 300)}), too_large_error);
    for (const nginx_request& request : server.log(1)) CHECK(request.body_bytes < 300'000);
}

TEST_CASE("a fetch that is cancelled at any moment leaves nothing behind", "[fetcher]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    for (int steps = 0; steps < 60; ++steps) {
        asio::cancellation_signal signal;
        bool ended = false;
        std::exception_ptr error;
        media_source source{{remote_file{.url = server.url("moov_first.mp4")}}};
        asio::co_spawn(local.io, local.fetcher.fetch(std::move(source), {seconds(20, 25)}),
                       asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, const fetched&) {
                           ended = true;
                           error = e;
                       }));
        local.io.restart();
        for (int i = 0; i < steps && !ended; ++i) local.io.run_one();
        signal.emit(asio::cancellation_type::terminal);
        local.io.run();  // returns
        CHECK(ended);
    }
    CHECK(std::filesystem::is_empty(local.folder.path()));
}
