#include "stages/resolve/url_list.hpp"

#include <asio/io_context.hpp>
#include <set>

#include "stages/resolve/source_json.hpp"
#include "support/catch.hpp"
#include "support/run_awaitable.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe;
using reelpipe::resolve::url_list;

namespace {

struct opened {
    explicit opened(const std::string& text, const std::string& proxy = {})
        : of((test::write_file(here / "urls.jsonl", text), here / "urls.jsonl"), proxy)
    {
        asio::io_context io{1};
        said = test::run_awaitable(io, of.start());
    }

    remote_file remote(std::string_view video, std::size_t number = 0) const
    {
        return std::get<remote_file>(of.find(video).files.at(number));
    }

    reason failure(std::string_view video) const
    {
        try {
            of.find(video);
        } catch (const source_error& error) {
            return error.why();
        }
        FAIL("found");
        return reason::unknown;
    }

    test::temp_folder here{};
    url_list of;
    std::vector<message> said{};
};

}  // namespace

TEST_CASE("a file of URLs names one file, a pair or a playlist", "[url_list]")
{
    const opened urls(R"({"id": "one", "url": "https://host/one.mp4?expire=9000000000"}
{"id": "pair", "video": {"url": "https://host/v", "headers": {"Referer": "https://page/", "Cookie": "a=1"}}, "audio": "https://host/a"}
{"id": "list", "url": "https://host/list.m3u8"}
{"id": "other list", "url": "https://host/list", "hls": true, "expires": 9000000001}
)");

    CHECK(urls.said.empty());
    CHECK(urls.of.find("one").files.size() == 1);
    CHECK(urls.remote("one").url == "https://host/one.mp4?expire=9000000000");
    CHECK(urls.remote("one").expires == std::chrono::system_clock::time_point(9'000'000'000s));
    CHECK(urls.of.find("pair").files.size() == 2);
    CHECK(urls.remote("pair").headers == std::vector<std::string>{"Referer: https://page/"});
    CHECK(urls.remote("pair").cookies == "a=1");
    CHECK(urls.remote("pair", 1).url == "https://host/a");
    CHECK(std::holds_alternative<hls_playlist>(urls.of.find("list").files.at(0)));
    const auto list = std::get<hls_playlist>(urls.of.find("other list").files.at(0));
    CHECK(list.playlist.expires == std::chrono::system_clock::time_point(9'000'000'001s));
    CHECK(urls.failure("none") == reason::gone);
}

TEST_CASE("malformed lines are told with their number and cost only themselves", "[url_list]")
{
    const std::string too_long = R"({"id": "long", "url": "https://host/)" + std::string(3u << 20, 'x') + "\"}\n";
    const opened urls(
        "\n{\"id\": \"a\", \"url\": \"https://host/a\"}\r\n{\"id\": \"b\", \"url\": \n[1]\n" + too_long +
        "{\"url\": \"https://host/c\"}\n{\"id\": \"d\", \"url\": \"file:///etc/passwd\"}\n{\"id\": \"e\"}\n"
        "{\"id\": \"f\", \"video\": 5}\n{\"id\": \"z\", \"url\": \"https://host/z\"}");

    CHECK(urls.remote("a").url == "https://host/a");
    CHECK(urls.remote("z").url == "https://host/z");
    REQUIRE(urls.said.size() == 6);
    CHECK_THAT(urls.said[0].text, Catch::Matchers::ContainsSubstring("urls.jsonl:3: "));
    CHECK_THAT(urls.said[1].text, Catch::Matchers::ContainsSubstring("urls.jsonl:4: no JSON object"));
    CHECK_THAT(urls.said[2].text, Catch::Matchers::ContainsSubstring("urls.jsonl:5: more than"));
    CHECK_THAT(urls.said[3].text, Catch::Matchers::ContainsSubstring("urls.jsonl:6: no \"id\""));
    CHECK_THAT(urls.said[4].text,
               Catch::Matchers::ContainsSubstring("urls.jsonl:7: 'file:///etc/passwd' is not an http(s) URL"));
    CHECK_THAT(urls.said[5].text, Catch::Matchers::ContainsSubstring("2 more"));
    CHECK(urls.failure("d") == reason::gone);
}

TEST_CASE("of an id that stands in a file of URLs twice the first line counts", "[url_list]")
{
    const opened urls("{\"id\": \"a\", \"url\": \"https://host/1\"}\n{\"url\": \"https://host/2\", \"id\": \"a\"}\n");
    CHECK(urls.said.empty());
    CHECK(urls.remote("a").url == "https://host/1");
}

TEST_CASE("every line of a long file of URLs is found", "[url_list]")
{
    constexpr int lines = 5000;
    std::string text;
    for (int i = 0; i < lines; ++i)
        text += "{\"id\": \"v" + std::to_string(i) + "\", \"url\": \"https://host/" + std::to_string(i) + "\"}\n";
    const opened urls(text);
    int wrong = 0;
    for (int i = 0; i < lines; ++i)
        wrong += urls.remote("v" + std::to_string(i)).url != "https://host/" + std::to_string(i);
    CHECK(wrong == 0);
}

TEST_CASE("a URL of a file of URLs that has expired is told, not asked for", "[url_list]")
{
    const opened urls("{\"id\": \"a\", \"url\": \"https://host/a?expire=1000000000\"}\n");
    CHECK(urls.failure("a") == reason::refused);
}

TEST_CASE("a line's own proxy goes before the run's", "[url_list]")
{
    const opened urls(R"({"id": "a", "url": "https://host/a", "proxy": "http://own:1"}
{"id": "b", "video": {"url": "https://host/v.m3u8", "proxy": "http://own:2"}, "audio": "https://host/a"}
)",
                      "http://run:3");

    CHECK(urls.remote("a").proxy == "http://own:1");
    CHECK(std::get<hls_playlist>(urls.of.find("b").files.at(0)).playlist.proxy == "http://own:2");
    CHECK(urls.remote("b", 1).proxy == "http://run:3");
}

TEST_CASE("a source comes back from its JSON as it was", "[source_json]")
{
    media_source source;
    remote_file frames;
    frames.url = "https://host/v";
    frames.headers = {"User-Agent: one: two", "Referer: https://page/"};
    frames.cookies = "a=1; b=2";
    frames.proxy = "http://proxy:1";
    frames.max_range = 1000;
    frames.available_at = std::chrono::system_clock::time_point(1'700'000'000'250ms);
    frames.expires = std::chrono::system_clock::time_point(1'700'000'000s);
    remote_file audio;
    audio.url = "https://host/a.m3u8";
    source.files = {frames, audio};

    simdjson::dom::parser parser;
    const std::string text = resolve::written(source);
    const media_source again = resolve::read_source(parser.parse(text));

    REQUIRE(again.files.size() == 2);
    const auto& v = std::get<remote_file>(again.files[0]);
    CHECK(v.url == frames.url);
    CHECK(std::set(v.headers.begin(), v.headers.end()) == std::set(frames.headers.begin(), frames.headers.end()));
    CHECK(v.cookies == frames.cookies);
    CHECK(v.proxy == frames.proxy);
    CHECK(v.max_range == frames.max_range);
    CHECK(v.available_at == frames.available_at);
    CHECK(v.expires == frames.expires);
    CHECK(std::get<remote_file>(again.files[1]).url == audio.url);
    CHECK(resolve::written({{local_file{"/video.mp4"}}}).empty());
}
