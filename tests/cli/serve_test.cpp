// A run that is looked at over HTTP, as clients see it.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <list>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "http_answer.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "waiting_run.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

// A run that waits for the test and is served on a free port.
struct served_run {
    explicit served_run(std::vector<std::string> more = {}, const std::string& address = "127.0.0.1:0")
        : program([&] {
              more.insert(more.end(), {"--serve", address});
              return waits.words(more);
          }())
    {
        waits.dead.open();
        static const std::regex place("the run is shown on http://[^:]+:([0-9]+)/");
        std::smatch found;
        std::string errors;
        REQUIRE(comes_true([&] {
            errors = program.errors_so_far();
            return std::regex_search(errors, found, place) || program.has_ended();
        }));
        INFO(errors);
        REQUIRE_FALSE(found.empty());
        port = std::stoi(found[1]);
    }

    std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port, path); }
    json progress() const { return json::parse(ask({url("/progress.json")}).body); }

    // The first clip is stored, the second one has failed.
    bool is_waiting() const
    {
        return comes_true([&] {
            const json p = progress();
            return p["stored"] == 1 && p["failed"] == 1;
        });
    }

    finished to_the_end()
    {
        waits.open();
        return program.wait();
    }

    waiting_run waits{};
    process program;
    int port = 0;
};

// A client that says only this, or nothing.
class plain_client {
public:
    explicit plain_client(int port, const std::string& says = {})
    {
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_port = htons(static_cast<std::uint16_t>(port));
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
            throw std::system_error(errno, std::generic_category(), "connect");
        if (::send(socket_, says.data(), says.size(), MSG_NOSIGNAL) < 0)
            throw std::system_error(errno, std::generic_category(), "send");
    }
    plain_client(const plain_client&) = delete;
    plain_client& operator=(const plain_client&) = delete;
    ~plain_client() { ::close(socket_); }

    // All that comes until the server closes.
    std::string hears() const
    {
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t got = 0; (got = ::recv(socket_, part.data(), part.size(), 0)) > 0;)
            text.append(part.data(), static_cast<std::size_t>(got));
        return text;
    }

private:
    int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

std::set<std::string> metrics_in(const std::string& text)
{
    static const std::regex name("reelpipe_[a-z_]+");
    return {std::sregex_token_iterator(text.begin(), text.end(), name), std::sregex_token_iterator()};
}

std::string token_file(const waiting_run& run, const std::string& token)
{
    write_file(run.site.folder / "token", token + "\n");
    return (run.site.folder / "token").string();
}

}  // namespace

TEST_CASE("metrics of a run are what promtool takes, and name all that the alerts and the dashboard ask for", "[serve]")
{
    served_run run;
    REQUIRE(run.is_waiting());

    const answer metrics = ask({run.url("/metrics")});
    INFO(metrics.body);
    CHECK(metrics.status == 200);
    CHECK_THAT(metrics.head, ContainsSubstring("Content-Type: text/plain; version=0.0.4"));
    const finished checked = reelpipe::test::run({"promtool", "check", "metrics"}, {}, metrics.body);
    CHECK(checked.err.empty());
    CHECK(checked.out.empty());
    CHECK(checked.status == 0);
    CHECK_THAT(metrics.body, ContainsSubstring("\nreelpipe_clips_wanted 3\n") &&
                                 ContainsSubstring("\nreelpipe_clips_total{outcome=\"stored\"} 1\n") &&
                                 ContainsSubstring("\nreelpipe_clips_total{outcome=\"failed\"} 1\n"));
    CHECK_THAT(metrics.body,
               ContainsSubstring("reelpipe_clip_failures_total{reason=\"unsupported\",class=\"permanent\"} 1\n") &&
                   ContainsSubstring("reelpipe_clip_failures_total{reason=\"drm\",class=") &&
                   ContainsSubstring("reelpipe_held_up{reason=\"rate_limited\"} 0\n") &&
                   ContainsSubstring("reelpipe_stage_workers{stage=\"cut\"} 1\n") &&
                   ContainsSubstring("reelpipe_output_free_bytes "));

    const std::set<std::string> known = metrics_in(metrics.body);
    for (const char* const file : {"alerts.yml", "grafana.json"})
        for (const std::string& name : metrics_in(read_file(fs::path(REELPIPE_MONITORING) / file))) {
            INFO(file << " " << name);
            CHECK(known.contains(name));
        }
    CHECK(run.to_the_end().status == 1);
}

TEST_CASE("the progress of a run is there as JSON, and as events until its end", "[serve]")
{
    served_run run;
    REQUIRE(run.is_waiting());
    process follower({"curl", "-sN", run.url("/events")});

    const json p = run.progress();
    INFO(p.dump(1));
    CHECK(p["state"] == "running");
    CHECK(p["clips"] == 3);
    CHECK(p["left"] == 1);
    CHECK(p["fetched"].get<std::uint64_t>() > 0);
    CHECK(p["failures"].size() == 1);
    CHECK(p["failures"][0]["reason"] == "unsupported");
    CHECK(p["failures"][0]["count"] == 1);
    CHECK(p["stages"].size() == 9);
    CHECK(p["stages"][0]["name"] == "list");
    CHECK(p["disk"]["free"].get<std::uint64_t>() > 0);
    const json& last = p["messages"].back();
    CHECK(last["severity"] == "warning");
    CHECK_THAT(last["text"].get<std::string>(), ContainsSubstring("dead\\u202e_000001_000002"));
    CHECK(ask({run.url("/healthz")}).body == "ok\n");

    REQUIRE(comes_true([&] { return follower.output_so_far().find("\n\ndata: ") != std::string::npos; }));
    const finished end = run.to_the_end();
    CHECK(end.status == 1);
    const std::string events = follower.wait().out;
    const std::string last_event = events.substr(events.rfind("data: ") + 6);
    const json ended = json::parse(last_event);
    CHECK(ended["state"] == "ended");
    CHECK(ended["stored"] == 2);
    CHECK(ended["left"] == 0);
}

TEST_CASE("the report of the folder is there while the run goes on", "[serve]")
{
    served_run run;
    REQUIRE(run.is_waiting());
    answer page;
    REQUIRE(comes_true([&] {  // the ledger takes clips from time to time
        page = ask({run.url("/report")});
        return page.body.find("\"stored\":1") != std::string::npos;
    }));
    CHECK(page.status == 200);
    CHECK_THAT(page.head, ContainsSubstring("Content-Type: text/html") && ContainsSubstring("frame-ancestors 'none'") &&
                              !ContainsSubstring("default-src"));
    CHECK_THAT(page.body, ContainsSubstring("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"));
    CHECK(run.to_the_end().status == 1);
}

TEST_CASE("the page of a run has nothing in it that runs, and loads from nowhere else", "[serve]")
{
    served_run run;
    const answer page = ask({run.url("/")});
    CHECK(page.status == 200);
    CHECK_THAT(page.head, ContainsSubstring("Content-Type: text/html") &&
                              ContainsSubstring("Content-Security-Policy: default-src 'none'; script-src 'self';"));
    CHECK_THAT(page.body, !ContainsSubstring("://") && !ContainsSubstring("<style") && !ContainsSubstring(" style=") &&
                              !ContainsSubstring(" onclick"));
    std::size_t scripts = 0;
    for (std::size_t at = 0; (at = page.body.find("<script", at)) != std::string::npos; ++at, ++scripts)
        CHECK(page.body.substr(at).starts_with("<script src=\"script.js\" defer></script>"));
    CHECK(scripts == 1);
    CHECK_THAT(ask({run.url("/style.css")}).body, ContainsSubstring("prefers-color-scheme: dark"));
    CHECK_THAT(ask({run.url("/script.js")}).head, ContainsSubstring("Content-Type: text/javascript"));
    CHECK(run.to_the_end().status == 1);
}

TEST_CASE("only who knows the token sees the run", "[serve]")
{
    const temp_folder folder;
    const std::string token = "0123456789abcdef-token";
    write_file(folder / "token", token + "\n");
    served_run run({"--serve-token", (folder / "token").string()}, "0.0.0.0:0");

    for (const char* const path : {"/", "/metrics", "/progress.json", "/events", "/elsewhere"}) {
        INFO(path);
        CHECK(ask({run.url(path)}).status == 401);
        CHECK(ask({run.url(path) + "?token=" + token + "x"}).status == 401);
        CHECK(ask({run.url(path) + "?token=0123456789abcdef-tokeN"}).status == 401);
        CHECK(ask({run.url(path), "-H", "Authorization: Bearer " + token.substr(1)}).status == 401);
    }
    CHECK(ask({run.url("/metrics"), "-H", "Authorization: Bearer " + token}).status == 200);
    CHECK(ask({run.url("/progress.json?a=b&token=" + token)}).status == 200);
    // Who knows the token may know this machine by any name.
    CHECK(ask({run.url("/?token=" + token), "-H", "Host: gpu7.example"}).status == 200);
    CHECK(ask({run.url("/healthz")}).body == "ok\n");
    const finished end = run.to_the_end();
    CHECK(end.status == 1);
    CHECK_THAT(end.err, !ContainsSubstring(token));
}

TEST_CASE("an address that others can reach needs a token that nobody guesses", "[serve]")
{
    const waiting_run waits;
    const auto refused = [&waits](const std::vector<std::string>& more) {
        const finished end = run(waits.words(more));
        CHECK(end.status == 2);
        CHECK_FALSE(fs::exists(waits.site.output() / "l"));
        return end.err;
    };
    CHECK_THAT(refused({"--serve", "0.0.0.0:0"}), ContainsSubstring("add --serve-token FILE"));
    CHECK_THAT(refused({"--serve", "[::]:0"}), ContainsSubstring("add --serve-token FILE"));
    CHECK_THAT(refused({"--serve", "0.0.0.0:0", "--serve-token", token_file(waits, "hunter2")}),
               ContainsSubstring("a token has 16 to 256 letters"));
    CHECK_THAT(refused({"--serve", "0.0.0.0:0", "--serve-token", token_file(waits, "sixteen letters & more")}),
               ContainsSubstring("a token has 16 to 256 letters"));
    CHECK_THAT(refused({"--serve", "0.0.0.0:0", "--serve-token", "no/such/file"}), ContainsSubstring("no/such/file"));
    for (const char* const address : {"8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:80x", "gpu7:8080", "::1:80"})
        CHECK_THAT(refused({"--serve", address}), ContainsSubstring("this is no address and port"));
}

TEST_CASE("web pages of others cannot look at a run, and nobody can change it", "[serve]")
{
    served_run run;
    const std::string page = run.url("/");
    CHECK(ask({page, "-H", "Host: rebound.example"}).status == 403);
    CHECK(ask({page, "-H", "Host: 127.0.0.1.example:80"}).status == 403);
    CHECK(ask({page, "-H", "Host:"}).status == 403);
    CHECK(ask({page, "-H", "Host: 192.0.2.1"}).status == 403);
    for (const char* const host : {"localhost", "LOCALHOST:9", "127.0.0.1:9", "127.9.9.9", "[::1]", "[::1]:9"}) {
        INFO(host);
        CHECK(ask({page, "-H", std::string("Host: ") + host}).status == 200);
    }
    for (const char* const said : {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n",
                                   "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /\r\n\r\n",
                                   "\r\n\r\n", "\x16\x03\x01\r\n\r\n", "GET / HTTP/1.1\r\n : x\r\n\r\n"}) {
        INFO(said);
        CHECK_THAT(plain_client(run.port, said).hears(), Catch::Matchers::StartsWith("HTTP/1.1 400 "));
    }
    CHECK(ask({page, "-X", "POST", "-d", "a=b"}).status == 405);
    CHECK(ask({page, "-X", "DELETE"}).status == 405);
    CHECK(ask({run.url("/../../etc/passwd"), "--path-as-is"}).status == 404);
    CHECK(ask({page, "-H", "X-Long: " + std::string(20000, 'x')}).status == 431);
    CHECK(ask({page, "-H", "Bad Name: x"}).status == 400);
    CHECK(ask({page, "-I"}).body.empty());
    CHECK(run.to_the_end().status == 1);
}

TEST_CASE("a run whose port is taken goes on and says so", "[serve]")
{
    waiting_run waits;
    waits.open();
    const std::string taken = fmt::format("127.0.0.1:{}", waits.mirror.port());

    const finished end = run(waits.words({"--serve", taken}));

    CHECK(end.status == 1);
    CHECK_THAT(end.err, ContainsSubstring("warning: --serve " + taken + ": Address already in use; the run goes on") &&
                            ContainsSubstring("2 stored"));
}

TEST_CASE("clients that say nothing keep neither the run nor others waiting", "[serve]")
{
    served_run run;
    std::list<plain_client> idle;
    for (int i = 0; i < 300; ++i) idle.emplace_back(run.port, i % 2 ? "GET / HTTP/1.1\r\nHost: " : "");

    REQUIRE(run.is_waiting());
    CHECK(ask({run.url("/metrics")}).status == 200);
    const fs::directory_iterator descriptors(fmt::format("/proc/{}/fd", run.program.pid()));
    CHECK(std::distance(descriptors, fs::directory_iterator()) < 200);
    CHECK(run.to_the_end().status == 1);
}

TEST_CASE("an interrupted run ends while clients look on", "[serve]")
{
    served_run run;
    REQUIRE(run.is_waiting());
    process follower({"curl", "-sN", run.url("/events")});
    const plain_client deaf(run.port, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"), silent(run.port);
    REQUIRE(comes_true([&] { return follower.output_so_far().find("data: ") != std::string::npos; }));

    run.program.signal(SIGINT);
    REQUIRE(comes_true([&] { return run.progress()["state"] == "finishing"; }));
    run.program.signal(SIGINT);

    CHECK(run.program.wait().status == 130);
    CHECK_THAT(follower.wait().out, ContainsSubstring("\"state\":\"ended\""));
}
