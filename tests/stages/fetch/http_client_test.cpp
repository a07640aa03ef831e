#include "stages/fetch/http_client.hpp"

#include <algorithm>
#include <asio.hpp>
#include <clocale>
#include <cstdlib>
#include <future>
#include <list>
#include <random>
#include <string>

#include "stages/fetch/url.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/origin.hpp"
#include "support/run_awaitable.hpp"
#include "support/temp_folder.hpp"

using namespace reelpipe::fetch;
using reelpipe::test::asked;
using reelpipe::test::nginx;
using reelpipe::test::origin;
using reelpipe::test::part_of;
using reelpipe::test::reply;
using reelpipe::test::run_awaitable;
using reelpipe::test::temp_folder;

namespace {

// Keeps a body in memory, up to `enough`.
struct kept_body final : body_sink {
    explicit kept_body(std::uint64_t wanted = std::numeric_limits<std::uint64_t>::max()) : enough(wanted) {}

    std::uint64_t begin(const response_head& said) override
    {
        head = said;
        return enough;
    }
    void write(std::uint64_t, std::span<const std::byte> bytes) override
    {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }

    std::uint64_t enough;
    response_head head;
    std::string text;
};

std::string numbers(std::size_t size)
{
    std::string text;
    text.reserve(size + 16);
    while (text.size() < size) text += std::to_string(text.size()) + ' ';
    text.resize(size);
    return text;
}

struct loop_and_client {
    explicit loop_and_client(http_options options = {}) : http(io.get_executor(), std::move(options)) {}

    response_head get(http_request request, body_sink& sink)
    {
        return run_awaitable(io, http.get(std::move(request), sink));
    }

    asio::io_context io{1};
    http_client http;
};

const std::string content = numbers(300'000);

asio::awaitable<void> get_in_turn(http_client& http, std::string url, std::uint64_t bytes, kept_body& body)
{
    co_await http.wait_for_turn(bytes);
    http_request wanted{.url = std::move(url), .has_had_turn = true, .range = {0, bytes}};
    co_await http.get(std::move(wanted), body);
}

}  // namespace

TEST_CASE("a range of a file comes as it was asked for", "[http_client]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", content);
    nginx server(folder.path());
    loop_and_client local;
    kept_body body;
    const response_head head = local.get({.url = server.url("video.mp4"), .range = {1000, 200'000}}, body);

    CHECK(body.text == content.substr(1000, 199'000));
    CHECK(head.partial);
    CHECK(head.identity.size == content.size());
    CHECK_FALSE(head.identity.etag.empty());
    CHECK_FALSE(head.identity.modified.empty());
    CHECK(head.content_type == "video/mp4");
    CHECK(server.body_bytes(1) == 199'000);
    CHECK(server.log(1).front().range == "bytes=1000-199999");
}

TEST_CASE("nothing is pending once the transfers are done", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    loop_and_client local;
    kept_body body;
    local.get({.url = server.url("/video"), .range = {0, 1000}}, body);

    local.io.restart();
    local.io.run();  // returns although the connection is kept
    CHECK(body.text == content.substr(0, 1000));
}

TEST_CASE("one connection serves many ranges", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    loop_and_client local;
    for (std::uint64_t at = 0; at < 10'000; at += 1000) {
        kept_body body;
        local.get({.url = server.url("/video"), .range = {at, at + 1000}}, body);
        CHECK(body.text == content.substr(at, 1000));
    }

    CHECK(server.requests().size() == 10);
    CHECK(server.connections() == 1);
}

TEST_CASE("256 transfers share one thread and the connections that are allowed", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    loop_and_client local({.connections = 16});
    std::list<kept_body> bodies;
    std::vector<transfer> all;
    all.reserve(256);
    for (std::uint64_t i = 0; i < 256; ++i) {
        kept_body& body = bodies.emplace_back();
        all.push_back(local.http.start({.url = server.url("/video"), .range = {i * 1000, i * 1000 + 40'000}}, body));
    }
    for (transfer& each : all) run_awaitable(local.io, each.wait());

    std::uint64_t i = 0;
    for (const kept_body& body : bodies) CHECK(body.text == content.substr(1000 * i++, 40'000));
    CHECK(server.body_bytes() == 256 * 40'000);
    CHECK(server.max_connections() <= 16);
}

TEST_CASE("waiting for a free connection is no time-out", "[http_client]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", content);
    nginx server(folder.path(), {.in_location = "limit_rate 100k;"});
    loop_and_client local(
        {.connections = 1, .connect_timeout = std::chrono::milliseconds(500), .stall_time = std::chrono::seconds(1)});
    kept_body first, second;
    transfer slow = local.http.start({.url = server.url("video.mp4"), .range = {0, 300'000}}, first);
    transfer waiting = local.http.start({.url = server.url("video.mp4"), .range = {0, 1000}}, second);
    run_awaitable(local.io, waiting.wait());
    run_awaitable(local.io, slow.wait());

    CHECK(first.text == content);
    CHECK(second.text == content.substr(0, 1000));
}

TEST_CASE("headers and cookies of the request are sent, and no others", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    loop_and_client local;
    kept_body body;
    local.get({.url = server.url("/video?key=secret"),
               .headers = {"User-Agent: Player/1.0", "Referer: http://page/", "Accept-Encoding: gzip",
                           "Range: bytes=0-", "X: a\r\nInjected: b"},
               .cookies = "a=1; b=2",
               .range = {0, 10}},
              body);

    auto sent = server.requests().front().headers;
    sent.erase("host");
    CHECK(sent == std::map<std::string, std::string>{{"user-agent", "Player/1.0"},
                                                     {"referer", "http://page/"},
                                                     {"accept-encoding", "identity"},
                                                     {"cookie", "a=1; b=2"},
                                                     {"range", "bytes=0-9"}});
}

TEST_CASE("a redirect is followed, and cookies stay with their host", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    server.serve("/here", [](const asked&) { return reply{.status = 302, .headers = {"Location: /video"}}; });
    server.serve("/elsewhere", [&](const asked&) {
        return reply{.status = 302, .headers = {"Location: " + server.url("/video", "localhost")}};
    });
    loop_and_client local({.allow_private = true});
    kept_body here, elsewhere;
    const auto head = local.get({.url = server.url("/here"), .cookies = "a=1", .range = {0, 10}}, here);
    local.get({.url = server.url("/elsewhere"), .cookies = "a=1", .range = {0, 10}}, elsewhere);

    CHECK(here.text == content.substr(0, 10));
    CHECK(elsewhere.text == content.substr(0, 10));
    CHECK(head.url == server.url("/video"));
    const auto requests = server.requests();
    CHECK(requests.at(1).headers.contains("cookie"));
    CHECK_FALSE(requests.at(3).headers.contains("cookie"));
}

TEST_CASE("what may be a secret stays with the host that it is for", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    server.serve("/back",
                 [&](const asked&) { return reply{.status = 302, .headers = {"Location: " + server.url("/video")}}; });
    server.serve("/elsewhere", [&](const asked&) {
        return reply{.status = 302, .headers = {"Location: " + server.url("/back", "localhost")}};
    });
    loop_and_client local({.allow_private = true});
    kept_body body;
    local.get({.url = server.url("/elsewhere"),
               .headers = {"X-Api-Key: secret", "Authorization: secret", "Referer: http://page/"},
               .range = {0, 10}},
              body);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 3);
    for (const asked& each : requests) {
        CHECK(each.headers.at("referer") == "http://page/");
        CHECK(each.headers.at("accept-encoding") == "identity");
        CHECK(each.headers.contains("x-api-key") == (each.path != "/back"));
    }
    CHECK_FALSE(requests.at(1).headers.contains("authorization"));
}

TEST_CASE("a name that a redirect leads to and that is none is that host's fault", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked&) {
        return reply{.status = 302, .headers = {"Location: http://name.invalid/video?key=secret"}};
    });
    loop_and_client local;
    kept_body body;
    try {
        local.get({.url = server.url("/video"), .range = {0, 10}}, body);
        FAIL("no error");
    } catch (const network_error& e) {
        CHECK_FALSE(e.local);
        CHECK(e.host == "name.invalid");
        CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("redirected to name.invalid/video:"));
    }
}

TEST_CASE("a header that is too long is the server's, and no lack of memory", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked&) { return reply{.headers = {"X: " + std::string(400'000, 'x')}}; });
    loop_and_client local;
    kept_body body;
    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .range = {0, 10}}, body), answer_error);
    CHECK_THROWS_WITH(local.get({.url = server.url("/video"), .range = {0, 10}}, body),
                      !Catch::Matchers::ContainsSubstring("emory"));
}

TEST_CASE("redirects end: in a circle, and at other protocols", "[http_client]")
{
    origin server;
    server.serve("/circle", [](const asked&) { return reply{.status = 302, .headers = {"Location: /circle"}}; });
    server.serve("/file",
                 [](const asked&) { return reply{.status = 302, .headers = {"Location: file:///etc/passwd"}}; });
    loop_and_client local({.redirects = 3});
    kept_body body;

    CHECK_THROWS_AS(local.get({.url = server.url("/circle"), .range = {0, 10}}, body), misleading_error);
    CHECK(server.requests().size() == 4);
    CHECK_THROWS_AS(local.get({.url = server.url("/file"), .range = {0, 10}}, body), misleading_error);
    CHECK_THROWS_AS(local.get({.url = "file:///etc/passwd", .range = {0, 10}}, body), misleading_error);
    CHECK(body.text.empty());
}

TEST_CASE("a refusal carries its status, its wait and no secrets", "[http_client]")
{
    origin server;
    server.serve("/busy", [](const asked&) { return reply{.status = 503, .headers = {"Retry-After: 17"}}; });
    loop_and_client local;
    kept_body body;
    try {
        local.get({.url = server.url("/busy?signature=secret"), .range = {4096, 5000}}, body);
        FAIL("it was accepted");
    } catch (const http_error& e) {
        CHECK(e.status == 503);
        CHECK(e.retry_after == std::chrono::seconds(17));
        CHECK(server.url("/") == "http://" + e.host + "/");
        CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("/busy at offset 4096") &&
                                 !Catch::Matchers::ContainsSubstring("secret"));
    }
}

TEST_CASE("partial answers that do not fit are refused before a byte is taken", "[http_client]")
{
    const auto range =
        GENERATE(as<std::string>{}, "", "Content-Range: bytes 7-16/300000", "Content-Range: bytes 0-9/5",
                 "Content-Range: bytes 9-0/300000", "Content-Range: bytes 0-18446744073709551615/18446744073709551615",
                 "Content-Range: lines 0-9/300000", "Content-Range: bytes */300000");
    origin server;
    server.serve("/video", [range](const asked&) {
        reply answer{.status = 206, .body = content.substr(0, 10)};
        if (!range.empty()) answer.headers.push_back(range);
        return answer;
    });
    loop_and_client local;
    kept_body body;

    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .range = {0, 10}}, body), answer_error);
    CHECK(body.text.empty());
}

TEST_CASE("an encoded body is refused", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) {
        reply answer = part_of(content, request);
        answer.headers.emplace_back("Content-Encoding: gzip");
        return answer;
    });
    loop_and_client local;
    kept_body body;
    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .range = {0, 10}}, body), answer_error);
    CHECK(body.text.empty());
}

TEST_CASE("a file that is not the expected one is refused before a byte is taken", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) {
        reply answer = part_of(content, request);
        answer.headers.emplace_back("ETag: \"two\"");
        return answer;
    });
    loop_and_client local;
    kept_body body;
    const http_request other_size{.url = server.url("/video"), .range = {0, 10}, .expected = {.size = 299'999}};
    const http_request other_tag{.url = server.url("/video"), .range = {0, 10}, .expected = {.etag = "\"one\""}};
    const http_request shrunk{.url = server.url("/video"), .range = {300'000, 300'001}, .expected = {.size = 400'000}};

    CHECK_THROWS_AS(local.get(other_size, body), changed_error);
    CHECK_THROWS_AS(local.get(other_tag, body), changed_error);
    CHECK_THROWS_AS(local.get(shrunk, body), changed_error);
    CHECK(body.text.empty());

    const http_request same{
        .url = server.url("/video"), .range = {0, 10}, .expected = {.size = 300'000, .etag = "\"two\""}};
    local.get(same, body);
    CHECK(body.text == content.substr(0, 10));
}

TEST_CASE("a server that ignores the range is read up to where the sink has enough", "[http_client]")
{
    origin server;
    const std::string large = numbers(64u << 20);  // more than the sockets in between can take
    server.serve("/video", [&large](const asked&) { return reply{.body = large}; });
    loop_and_client local;
    kept_body body(100'000);
    const response_head head = local.get({.url = server.url("/video"), .range = {50'000, 100'000}}, body);

    CHECK_FALSE(head.partial);
    CHECK(head.identity.size == large.size());
    CHECK(body.text == large.substr(0, 100'000));
    CHECK(server.body_bytes() < large.size());
}

TEST_CASE("a body of unannounced length has one at its end", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked&) { return reply{.body = content, .announces_length = false}; });
    loop_and_client local;
    kept_body body;
    const response_head head = local.get({.url = server.url("/video"), .range = {0, 10}}, body);

    CHECK(body.text == content);
    CHECK(head.identity.size == content.size());
}

TEST_CASE("short bodies and resets are network errors that keep what came", "[http_client]")
{
    const auto ending = GENERATE(reply::ending::close, reply::ending::reset);
    origin server;
    server.serve("/video", [ending](const asked& request) {
        reply answer = part_of(content, request);
        answer.sent = 50'000;
        answer.then = ending;
        return answer;
    });
    loop_and_client local;
    kept_body body;
    try {
        local.get({.url = server.url("/video"), .range = {0, 100'000}}, body);
        FAIL("it was accepted");
    } catch (const network_error& e) {
        CHECK_FALSE(e.local);
        CHECK_THAT(e.what(),
                   Catch::Matchers::ContainsSubstring("/video at offset " + std::to_string(body.text.size())));
    }
    CHECK(content.starts_with(body.text));
    if (ending == reply::ending::close) CHECK(body.text.size() == 50'000);
}

TEST_CASE("a server that stalls is given up", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) {
        reply answer = part_of(content, request);
        answer.sent = 1000;
        answer.then = reply::ending::stall;
        return answer;
    });
    loop_and_client local({.stall_time = std::chrono::seconds(1)});
    kept_body body;
    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .range = {0, 100'000}}, body), network_error);
    CHECK(body.text.size() == 1000);
}

TEST_CASE("nobody at the port is the host's fault, no such name may be ours", "[http_client]")
{
    std::string gone;
    {
        origin server;
        gone = server.url("/video");
    }
    loop_and_client local;
    kept_body body;
    const auto is_local = [&](const http_request& request) {
        try {
            local.get(request, body);
        } catch (const network_error& e) {
            return e.local;
        }
        throw std::runtime_error("no network error");
    };
    const std::string proxy = gone.substr(0, gone.rfind('/'));

    CHECK_FALSE(is_local({.url = gone, .range = {0, 10}}));
    CHECK(is_local({.url = "http://name.invalid/video", .range = {0, 10}}));
    CHECK(is_local({.url = "http://example.invalid/video", .proxy = proxy, .range = {0, 10}}));
}

TEST_CASE("the proxy is the request's, whatever the environment says", "[http_client]")
{
    origin server, proxy;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    proxy.serve("http://videos.invalid/video", [](const asked& request) { return part_of(content, request); });
    // NOLINTBEGIN(concurrency-mt-unsafe): the servers' threads ask for no variable
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("no_proxy", "videos.invalid", 1);
    loop_and_client local;
    kept_body direct, through;
    local.get({.url = server.url("/video"), .range = {0, 10}}, direct);
    local.get({.url = "http://videos.invalid/video", .proxy = proxy.url(""), .range = {10, 20}}, through);
    unsetenv("http_proxy");
    unsetenv("no_proxy");
    // NOLINTEND(concurrency-mt-unsafe)

    CHECK(direct.text == content.substr(0, 10));
    CHECK(through.text == content.substr(10, 10));
}

TEST_CASE("where IPv4 is asked for, no host is reached by IPv6, except a proxy", "[http_client]")
{
    std::optional<origin> v4, v6;
    try {
        v6.emplace("::1");
        v4.emplace("127.0.0.1", v6->port());
    } catch (const std::system_error& e) {
        SKIP("no port of both loopback addresses: " << e.what());
    }
    v4->serve("/video", [](const asked&) { return reply{.body = "by IPv4"}; });
    v6->serve("/video", [](const asked&) { return reply{.body = "by IPv6"}; });
    v6->serve("http://videos.invalid/video", [](const asked&) { return reply{.body = "by a proxy"}; });
    loop_and_client any, only_v4({.ipv4_only = true});
    kept_body named, direct, through, refused;

    any.get({.url = v6->url("/video", "[::1]"), .range = {0, 10}}, direct);
    only_v4.get({.url = v6->url("/video", "localhost"), .range = {0, 10}}, named);
    only_v4.get({.url = "http://videos.invalid/video", .proxy = v6->url("", "[::1]"), .range = {0, 10}}, through);

    CHECK(direct.text == "by IPv6");
    CHECK(named.text == "by IPv4");
    CHECK(through.text == "by a proxy");
    CHECK_THROWS_AS(only_v4.get({.url = v6->url("/video", "[::1]"), .range = {0, 10}}, refused), network_error);
    CHECK(refused.text.empty());
}

TEST_CASE("a name without an IPv4 address is not the network's fault where nothing else was asked for", "[http_client]")
{
    const std::string no_name(64, 'x');  // too long for one: no name server is asked
    const auto is_networks_fault = [&no_name](http_options options) {
        loop_and_client local(std::move(options));
        kept_body body;
        try {
            local.get({.url = "http://" + no_name + "/video", .range = {0, 10}}, body);
        } catch (const network_error& e) {
            return e.local;
        }
        throw std::logic_error("there is such a host");
    };
    CHECK(is_networks_fault({}));
    CHECK_FALSE(is_networks_fault({.ipv4_only = true}));
}

TEST_CASE("certificates are verified", "[http_client]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", content);
    nginx server(folder.path(), {.tls = true});
    kept_body body;

    loop_and_client strange;
    CHECK_THROWS_AS(strange.get({.url = server.url("video.mp4"), .range = {0, 10}}, body), network_error);
    CHECK(body.text.empty());

    loop_and_client trusting({.ca_file = server.certificate()});
    trusting.get({.url = server.url("video.mp4"), .range = {0, 200'000}}, body);
    CHECK(body.text == content.substr(0, 200'000));
}

TEST_CASE("what a sink throws comes out of the wait", "[http_client]")
{
    struct full_disk final : body_sink {
        std::uint64_t begin(const response_head& head) override { return head.body.end; }
        void write(std::uint64_t, std::span<const std::byte>) override
        {
            throw std::system_error(ENOSPC, std::generic_category());
        }
    };
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    loop_and_client local;
    full_disk sink;
    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .range = {0, 10}}, sink), std::system_error);

    kept_body body;
    local.get({.url = server.url("/video"), .range = {0, 10}}, body);
    CHECK(body.text == content.substr(0, 10));
}

TEST_CASE("a cancelled wait ends with operation_aborted and leaves nothing behind", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) {
        reply answer = part_of(content, request);
        answer.sent = 1000;
        answer.then = reply::ending::stall;
        return answer;
    });
    loop_and_client local;
    kept_body body;
    asio::cancellation_signal signal;
    std::exception_ptr error;
    asio::co_spawn(
        local.io, local.http.get({.url = server.url("/video"), .range = {0, 100'000}}, body),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, const response_head&) { error = e; }));
    while (body.text.size() < 1000) local.io.run_one();
    signal.emit(asio::cancellation_type::terminal);
    local.io.run();  // returns

    try {
        std::rethrow_exception(error);
    } catch (const std::system_error& e) {
        CHECK(e.code() == asio::error::operation_aborted);
    }
}

TEST_CASE("transfers that are dropped at random moments take nothing with them", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    loop_and_client local({.connections = 8});
    std::mt19937 random(7);  // NOLINT: the same moments each time
    struct one {
        kept_body body{};
        std::optional<transfer> going{};
    };
    std::list<one> all;
    for (int i = 0; i < 400; ++i) {
        one& next = all.emplace_back();
        next.going = local.http.start({.url = server.url("/video"), .range = {0, 1 + random() % 100'000}}, next.body);
        for (unsigned steps = static_cast<unsigned>(random() % 20); steps > 0; --steps) local.io.poll_one();
        if (random() % 2 == 0) std::next(all.begin(), static_cast<long>(random() % all.size()))->going.reset();
    }
    for (one& each : all)
        if (each.going) {
            const response_head head = run_awaitable(local.io, each.going->wait());
            CHECK(each.body.text == content.substr(0, head.body.size()));
        }
    all.clear();
    local.io.restart();
    local.io.run();  // returns
}

TEST_CASE("a loop that is destroyed in mid-transfer frees everything", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    for (int steps = 0; steps < 60; ++steps) {
        kept_body body;
        auto io = std::make_unique<asio::io_context>(1);
        auto http = std::make_unique<http_client>(io->get_executor());
        const http_request request{.url = server.url("/video"), .range = {0, 200'000}};
        bool ended = false;
        asio::co_spawn(*io, http->get(request, body), [&](std::exception_ptr, const response_head&) { ended = true; });
        for (int i = 0; i < steps && !ended; ++i) io->run_one();
        http.reset();
        io.reset();
    }
    SUCCEED("the sanitizers judge");
}

TEST_CASE("names for messages show neither user nor query", "[http_client]")
{
    CHECK(display_name("https://user:word@host:81/a/b.mp4?key=1#x") == "host:81/a/b.mp4");
    CHECK(display_name("http://host?key=1") == "host");
    CHECK(host_of("https://user:word@host:81/a/b.mp4?key=1") == "host:81");
}

TEST_CASE("nobody but the user leads to a private address", "[http_client]")
{
    const std::string target = GENERATE(as<std::string>{}, "http://169.254.169.254/latest/meta-data",
                                        "http://10.1.2.3/a", "http://192.168.0.1/a", "http://[::1]/a",
                                        "http://localhost:1/a", "http://[::ffff:127.0.0.1]/a", "http://2130706433/a");
    origin server;
    server.serve("/video", [](const asked& request) { return part_of(content, request); });
    server.serve("/away", [&](const asked&) { return reply{.status = 302, .headers = {"Location: " + target}}; });
    loop_and_client local;
    kept_body body;

    CHECK_THROWS_AS(local.get({.url = server.url("/away"), .range = {0, 10}}, body), forbidden_address_error);
    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .public_only = true, .range = {0, 10}}, body),
                    forbidden_address_error);
    CHECK(server.requests().size() == 1);
    local.get({.url = server.url("/video"), .range = {0, 10}}, body);
    // over the connection that is open
    CHECK_THROWS_AS(local.get({.url = server.url("/video"), .public_only = true, .range = {0, 10}}, body),
                    forbidden_address_error);
    CHECK(server.requests().size() == 2);
    CHECK(body.text == content.substr(0, 10));
}

TEST_CASE("nobody but the user leads to a private address by way of a proxy", "[http_client]")
{
    const std::string target =
        GENERATE(as<std::string>{}, "http://169.254.169.254/latest/meta-data", "http://2130706433/a", "http://0x7f.1/a",
                 "http://127.1/a", "http://localhost/a", "http://LOCALHOST./a", "http://db.localhost/a",
                 "http://[::ffff:10.0.0.1]/a");
    origin proxy;
    proxy.serve("http://videos.invalid/away",
                [&](const asked&) { return reply{.status = 302, .headers = {"Location: " + target}}; });
    loop_and_client local;
    kept_body body;

    CHECK_THROWS_AS(local.get({.url = "http://videos.invalid/away", .proxy = proxy.url(""), .range = {0, 10}}, body),
                    forbidden_address_error);
    CHECK_THROWS_AS(local.get({.url = target, .proxy = proxy.url(""), .public_only = true, .range = {0, 10}}, body),
                    forbidden_address_error);
    CHECK(proxy.requests().size() == 1);
}

TEST_CASE("a host that a proxy is asked for is private in other letters, too", "[http_client]")
{
    const char* const before = std::setlocale(LC_CTYPE, nullptr);
    const std::string kept = before ? before : "C";
    if (!std::setlocale(LC_CTYPE, "C.UTF-8")) SKIP("libcurl knows no other letters without a locale that has them");
    CHECK(has_private_host("http://\uff11\uff12\uff17.0.0.1/a"));  // wide digits
    CHECK(has_private_host("http://\uff11\uff12\uff17.1/a"));
    CHECK(has_private_host("http://10\u30020\u30020\u30021/a"));  // other dots
    CHECK(has_private_host("http://\uff4cocalhost/a"));
    CHECK(has_private_host("http://loc\u00adalhost\u3002/a"));  // a soft hyphen, which goes
    CHECK_FALSE(has_private_host("http://b\u00fccher.example/a"));
    CHECK_FALSE(has_private_host("http://\uff18.8.8.8/a"));
    std::setlocale(LC_CTYPE, kept.c_str());
}

TEST_CASE("addresses of the public internet are told from others", "[http_client]")
{
    for (const char* text : {"127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1",
                             "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
                             "fd12::1", "ff02::1", "::ffff:10.0.0.1", "::127.0.0.1"})
        CHECK(is_private_address(text));
    for (const char* text : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2001:4860::8888",
                             "::ffff:8.8.8.8", "example.org", ""})
        CHECK_FALSE(is_private_address(text));
    // By way of NAT64 and 6to4
    for (const char* text :
         {"64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:c0a8:101::1"})
        CHECK(is_private_address(text));
    for (const char* text : {"64:ff9b::8.8.8.8", "64:ff9b:0:0:1::a00:1", "2002:808:808::1"})
        CHECK_FALSE(is_private_address(text));
}

// Only a lower bound can be asserted: nothing makes bytes come faster than they may.
TEST_CASE("all transfers together keep to the rate", "[http_client]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", content);
    nginx server(folder.path());
    constexpr std::uint64_t rate = 1'000'000, bytes = 50'000, transfers = 32;
    loop_and_client local({.connections = 64, .rate_limit = rate});
    const auto begun = std::chrono::steady_clock::now();
    std::list<kept_body> bodies;
    std::list<std::future<void>> ends;
    for (std::uint64_t i = 0; i < transfers; ++i)
        ends.push_back(asio::co_spawn(local.io,
                                      get_in_turn(local.http, server.url("video.mp4"), bytes, bodies.emplace_back()),
                                      asio::use_future));
    local.io.run();
    for (std::future<void>& end : ends) end.get();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;

    for (const kept_body& body : bodies) CHECK(body.text == content.substr(0, bytes));
    CHECK(took.count() > static_cast<double>((transfers - 1) * bytes) / static_cast<double>(rate));
}

TEST_CASE("what a transfer was allowed and did not take is left for others", "[http_client]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", content);
    nginx server(folder.path());
    loop_and_client local({.rate_limit = 1'000'000});
    for (int i = 0; i < 8; ++i) {
        kept_body body;
        run_awaitable(local.io, local.http.wait_for_turn(1'000'000'000));  // a quarter of an hour, if it were taken
        local.get({.url = server.url("video.mp4"), .has_had_turn = true, .range = {0, 1'000'000'000}}, body);
        CHECK(body.text == content);
    }
}

TEST_CASE("HTTP/2 is used when it is asked for, and not with a library that does it badly", "[http_client]")
{
    const temp_folder folder;
    reelpipe::test::write_file(folder / "video.mp4", content);
    nginx server(folder.path(), {.http2 = true, .tls = true});
    loop_and_client with({.http2 = true, .ca_file = server.certificate()});
    loop_and_client without({.http2 = false, .ca_file = server.certificate()});
    for (loop_and_client* local : {&with, &without}) {
        std::list<kept_body> bodies;
        std::vector<transfer> all;
        for (std::uint64_t i = 0; i < 32; ++i)
            all.push_back(local->http.start({.url = server.url("video.mp4"), .range = {i * 1000, i * 1000 + 50'000}},
                                            bodies.emplace_back()));
        for (transfer& each : all) run_awaitable(local->io, each.wait());
        std::uint64_t i = 0;
        for (const kept_body& body : bodies) CHECK(body.text == content.substr(1000 * i++, 50'000));
    }
    std::size_t over_http2 = 0;
    for (const auto& request : server.log(64)) over_http2 += request.protocol == "HTTP/2.0" ? 1 : 0;
    CHECK(over_http2 == 32);
}

TEST_CASE("a body that is larger than promised is taken up to what was asked for", "[http_client]")
{
    origin server;
    server.serve("/video", [](const asked& request) {
        reply answer = part_of(content, request);
        answer.body += std::string(1'000'000, 'x');
        return answer;
    });
    loop_and_client local;
    kept_body body;
    local.get({.url = server.url("/video"), .range = {0, 10'000}}, body);
    CHECK(body.text == content.substr(0, 10'000));
}
