#include <fmt/format.h>

#include <algorithm>
#include <asio.hpp>
#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;

namespace {

// Accepts connections and resets them.
class resetting_server {
public:
    resetting_server()
    {
        asio::co_spawn(io_, accept(), [](std::exception_ptr) {});
        thread_ = std::thread([this] { io_.run(); });
    }
    resetting_server(const resetting_server&) = delete;
    resetting_server& operator=(const resetting_server&) = delete;
    ~resetting_server()
    {
        io_.stop();
        thread_.join();
    }
    std::string url() const { return fmt::format("http://127.0.0.1:{}", acceptor_.local_endpoint().port()); }

private:
    asio::awaitable<void> accept()
    {
        for (;;) {
            asio::ip::tcp::socket client = co_await acceptor_.async_accept(asio::use_awaitable);
            client.set_option(asio::socket_base::linger(true, 0));
        }
    }

    asio::io_context io_{1};
    asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::make_address("127.0.0.1"), 0}};
    std::thread thread_;
};

std::vector<reply> with_statuses(const std::vector<int>& statuses)
{
    std::vector<reply> all;
    for (const int status : statuses) all.push_back({.status = status});
    return all;
}

// Of each video, the request of this number is answered by one of the replies; numbers begin at 0.
void check_one_costs_nothing(const std::vector<reply>& odd, std::size_t number)
{
    const std::string whole = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    origin server;
    for (std::size_t v = 0; v < odd.size(); ++v)
        server.serve(fmt::format("/video{}.mp4", v), [&whole, &odd, v, number](const asked& request) {
            return request.number == number ? odd[v] : part_of(whole, request);
        });
    const kinetics_site site;
    const finished end =
        run(site.download(site.list_of(static_cast<int>(odd.size())), {"--source", server.url("/{id}.mp4")}));
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(site.output()).size() == odd.size());
}

}  // namespace

TEST_CASE("a way that is closed by its proxy condemns no video", "[hosts][long]")
{
    constexpr int videos = 6;
    kinetics_site site;
    for (int v = 0; v < videos; ++v) site.add(fmt::format("video{}", v), "silent.mp4");
    const std::string kind = GENERATE("gone", "resets", "a page", "password");
    CAPTURE(kind);
    const resetting_server resetting;
    origin proxy;
    const reply answer = kind == "password"
                             ? reply{.status = 407, .headers = {"Proxy-Authenticate: Basic realm=\"x\""}}
                             : reply{.headers = {"Content-Type: text/html"}, .body = "<html>log in</html>"};
    for (int v = 0; v < videos; ++v)
        proxy.serve(site.server.url(fmt::format("media/video{}.mp4", v)),
                    [answer](const asked&) { return reply(answer); });
    std::string way = kind == "resets" ? resetting.url() : proxy.url("");
    if (kind == "gone") way = origin().url("");  // nobody is at the port by then
    const std::string list = site.list_of(videos);

    const finished closed =
        run(site.download(list, {"--source", site.url_template(), "--proxy", way, "--attempts", "2"}));

    INFO(closed.err);
    CHECK(closed.status == 3);
    CHECK(says(closed, " 0 failed"));
    CHECK(says(closed, "stopping: "));
    if (kind == "password") CHECK(says(closed, "--proxy"));

    const finished open = run(site.download(list, {"--source", site.url_template()}));

    INFO(open.err);
    CHECK(open.status == 0);
    CHECK(clips_of(site.output()).size() == videos);
}

TEST_CASE("numbers that nobody can have cost the video that they are said of", "[hosts]")
{
    const std::string whole = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    origin server;
    const auto with_total = [&whole](const std::string& total) {
        return [&whole, total](const asked& request) {
            reply answer = part_of(whole, request);
            std::string& range = answer.headers.front();
            range.replace(range.find('/') + 1, std::string::npos, total);
            return answer;
        };
    };
    server.serve("/video0", with_total("100000000000000"));
    server.serve("/video1", with_total("9000000000000000000"));
    server.serve("/video2", with_total(std::to_string(whole.size())));
    server.serve("/video3", [](const asked& r) {
        return part_of("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1e300,\na.ts\n#EXT-X-ENDLIST\n", r);
    });
    server.serve("/video4", [](const asked& r) {
        return part_of(
            "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n#EXT-X-BYTERANGE:9000000000000000000@9000000000000000000\n"
            "a.ts\n#EXT-X-ENDLIST\n",
            r);
    });
    const kinetics_site site;
    std::string urls;
    for (int v = 0; v < 5; ++v)
        urls += fmt::format("{{\"id\": \"video{}\", \"url\": \"{}\", \"hls\": {}}}\n", v,
                            server.url(fmt::format("/video{}", v)), v >= 3);
    write_file(site.folder / "urls.jsonl", urls);
    const auto words = site.download(site.list_of(5), {"--source", (site.folder / "urls.jsonl").string()});

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(clips_of(site.output()).size() == 1);
    const auto report = site.report();
    const std::vector<std::string> reasons{"too_large: ", "too_large: ", "Downloaded", "not_media: ", "not_media: "};
    for (std::size_t v = 0; v < reasons.size(); ++v)
        CHECK_THAT(report.at(v).at(2).get<std::string>(), Catch::Matchers::StartsWith(reasons[v]));

    const std::size_t asked_before = server.requests().size();
    const finished again = run(words);

    INFO(again.err);
    CHECK(again.status == 1);
    CHECK(server.requests().size() == asked_before);
}

TEST_CASE("a refusal in the middle of a file is no verdict on it", "[hosts]")
{
    check_one_costs_nothing(with_statuses({404, 403, 410, 418, 451}), 1);
}

TEST_CASE("one odd answer costs no clip", "[hosts]")
{
    std::vector<reply> odd = with_statuses({404, 403, 410, 451, 204});
    odd.push_back({.headers = {"Content-Type: text/html"}, .body = "<html>back soon</html>"});
    odd.push_back({.status = 416, .headers = {"Content-Range: bytes */0"}});
    check_one_costs_nothing(odd, 0);
}

TEST_CASE("a dead link of a host that serves others is asked for twice, and never again", "[hosts]")
{
    const std::string whole = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    constexpr int videos = 4;  // the last one is dead
    origin server;
    for (int v = 0; v < videos - 1; ++v)
        server.serve(fmt::format("/video{}.mp4", v),
                     [&whole](const asked& request) { return part_of(whole, request); });
    const kinetics_site site;
    const auto words = site.download(site.list_of(videos), {"--source", server.url("/{id}.mp4")});

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(clips_of(site.output()).size() == videos - 1);
    CHECK_THAT(site.report().back().at(2).get<std::string>(), Catch::Matchers::StartsWith("gone: "));
    const auto is_of_dead_link = [](const asked& each) { return each.path == "/video3.mp4"; };
    const std::vector<asked> requests = server.requests();
    CHECK(std::ranges::count_if(requests, is_of_dead_link) == 2);

    CHECK(run(words).status == 1);
    CHECK(server.requests().size() == requests.size());
}

TEST_CASE("a host that stops serving in the middle of a run condemns no video", "[hosts]")
{
    const std::string whole = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    constexpr int videos = 9, before_it_stops = 4;
    const int status = GENERATE(401, 404);
    origin server;
    std::set<std::string> served;
    bool is_down = false, was_mended = false;
    for (int v = 0; v < videos; ++v)
        server.serve(fmt::format("/video{}.mp4", v), [&](const asked& request) {
            is_down = is_down || (served.size() == before_it_stops && !served.contains(request.path));
            if (is_down && !was_mended) return reply{.status = status};
            served.insert(request.path);
            return part_of(whole, request);
        });
    const kinetics_site site;
    const auto words = site.download(site.list_of(videos), {"--source", server.url("/{id}.mp4"), "--connections", "1"});

    const finished stopped = run(words);

    INFO(stopped.err);
    CHECK(stopped.status == 3);
    CHECK(says(stopped, " 0 failed"));

    was_mended = true;
    CHECK(run(words).status == 0);
    CHECK(clips_of(site.output()).size() == videos);
}

TEST_CASE("a host without ranges is named once, with what it costs", "[hosts]")
{
    const std::string whole = read_file(fs::path(REELPIPE_TEST_MEDIA) / "long.mp4");
    origin server;
    for (int v = 0; v < 3; ++v)
        server.serve(fmt::format("/video{}.mp4", v), [&whole](const asked&) { return reply{.body = whole}; });
    const kinetics_site site;

    const finished end =
        run(site.download(site.list_of(3), {"--source", server.url("/") + "{id}.mp4", "--cut", "lossless"}));

    INFO(end.err);
    CHECK(end.status == 0);
    const std::string line = fmt::format("127.0.0.1:{} ignores ranges", server.port());
    const std::size_t first = end.err.find(line);
    REQUIRE(first != std::string::npos);
    CHECK(end.err.find(line, first + 1) == std::string::npos);
    CHECK(says(end, " MB of the first one"));
}
