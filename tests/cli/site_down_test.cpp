#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;

namespace {

std::string page_with(const std::string& video)
{
    return "<html><head><title>A video</title></head><body><video><source src=\"" + video +
           "\" type=\"video/mp4\"></video></body></html>";
}

// A yt-dlp that holds no module. `script` sees its arguments.
std::string program(const kinetics_site& site, const std::string& script)
{
    const fs::path file = site.folder / "yt-dlp";
    write_file(file, "#!/bin/sh\ncase \"$*\" in *--version*) echo 2026.01.01; exit;; esac\n" + script + "\n");
    fs::permissions(file, fs::perms::owner_all);
    return file.string();
}

}  // namespace

TEST_CASE("a site whose pages accept no connection stops the run, and its clips stay pending", "[site_down]")
{
    kinetics_site site;
    const int videos = GENERATE(1, 6);
    for (int v = 0; v < videos; ++v) site.add(fmt::format("video{}", v), "silent.mp4");
    const auto words =
        site.download(site.list_of(videos), {"--url-base", site.server.url("watch?v="), "--attempts", "2"});
    site.server.stop();
    const finished down = run(words);

    INFO(down.err);
    CHECK(down.status == 3);
    CHECK(says(down, "refuses connections"));
    CHECK(says(down, "un again"));
    CHECK(says(down, " 0 failed"));

    site.server.start_again();
    const finished up = run(words);

    INFO(up.err);
    CHECK(up.status == 0);
    CHECK(clips_of(site.output()).size() == static_cast<std::size_t>(videos));
}

TEST_CASE("a site that answers with nothing but server errors stops the run, one bad page does not", "[site_down]")
{
    constexpr int videos = 6;
    kinetics_site site;
    site.add("video", "silent.mp4");
    origin pages;
    const int broken = GENERATE(1, 6);
    for (int v = 0; v < videos; ++v)
        pages.serve(fmt::format("/video{}", v), [&site, is_broken = v < broken](const asked&) {
            if (is_broken) return reply{.status = 503};
            return reply{.headers = {"Content-Type: text/html"}, .body = page_with(site.server.url("media/video.mp4"))};
        });

    const finished end = run(site.download(site.list_of(videos), {"--url-base", pages.url("/"), "--attempts", "2"}));

    INFO(end.err);
    CHECK(end.status == (broken == videos ? 3 : 1));
    CHECK(says(end, broken == videos ? " 0 failed" : " 1 failed"));
    CHECK(says(end, broken == videos ? "server errors" : "network"));
    CHECK(clips_of(site.output()).size() == static_cast<std::size_t>(videos - broken));
}

TEST_CASE("a dead host in front of a long list of hosts costs its own videos, which stay pending", "[site_down][long]")
{
    constexpr int on_dead_host = 90, on_other_host = 6;
    kinetics_site site;
    site.add("video");
    kinetics_site dead;
    std::string urls;
    for (int v = 0; v < on_dead_host + on_other_host; ++v)
        urls += fmt::format("{{\"id\": \"video{}\", \"url\": \"{}\"}}\n", v,
                            (v < on_dead_host ? dead : site).server.url("media/video.mp4"));
    write_file(site.folder / "urls.jsonl", urls);
    dead.server.stop();

    const finished end = run(site.download(
        site.list_of(on_dead_host + on_other_host),
        {"--source", (site.folder / "urls.jsonl").string(), "--attempts", "2", "--jobs", "1", "--connections", "4"}));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, "stay pending"));
    CHECK(clips_of(site.output()).size() == on_other_host);
}

TEST_CASE("a host whose name is gone, or that wants to be left alone, costs its own videos", "[site_down]")
{
    constexpr int videos = 6;
    kinetics_site site;
    site.add("video");
    origin busy;
    busy.serve("/video.mp4", [](const asked&) { return reply{.status = 429, .headers = {"Retry-After: 1"}}; });
    const bool is_busy = GENERATE(false, true);
    const std::string no_name(64, 'x');  // too long for one: no name server is asked
    const std::string bad = is_busy ? busy.url("/video.mp4") : "http://" + no_name + "/video.mp4";
    std::string urls;
    for (int v = 0; v < videos; ++v)
        urls += fmt::format("{{\"id\": \"video{}\", \"url\": \"{}\"}}\n", v,
                            v == 3 ? bad : site.server.url("media/video.mp4"));
    write_file(site.folder / "urls.jsonl", urls);

    const finished end = run(
        site.download(site.list_of(videos), {"--source", (site.folder / "urls.jsonl").string(), "--attempts", "2"}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK_THAT(site.report().at(3).at(2).get<std::string>(),
               Catch::Matchers::StartsWith(is_busy ? "rate_limited: " : "network: "));
    CHECK(clips_of(site.output()).size() == videos - 1);
}

TEST_CASE("hosts that have answered once do not hide that all are gone", "[site_down][long]")
{
    constexpr int videos = 26;
    kinetics_site site;
    site.add("video");
    origin first;
    const std::string video = read_file(site.folder / "media/video.mp4");
    constexpr int refusal = 429;
    const auto once = [&](const asked& request) {
        return request.number < 8 ? part_of(video, request) : reply{.status = refusal};
    };
    first.serve("/video.mp4", once);
    origin second;
    second.serve("/video.mp4", once);
    std::string urls;
    for (int v = 0; v < videos; ++v)
        urls += fmt::format("{{\"id\": \"video{}\", \"url\": \"{}\"}}\n", v,
                            (v % 2 == 0 ? first : second).url("/video.mp4"));
    write_file(site.folder / "urls.jsonl", urls);

    const finished end = run(site.download(site.list_of(videos), {"--source", (site.folder / "urls.jsonl").string(),
                                                                  "--attempts", "1", "--connections", "1"}));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, " pending"));
    CHECK(says(end, "stopping: The site or media host is down"));
}

TEST_CASE("a redirect in a circle is followed to its bound, and once more before it counts", "[site_down]")
{
    constexpr std::size_t redirects = 20;
    const kinetics_site site;
    origin server;
    server.serve("/video0", [](const asked&) { return reply{.status = 302, .headers = {"Location: /video0"}}; });

    const finished end = run(site.download(site.list_of(1), {"--source", server.url("/{id}")}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(server.requests().size() == 2 * (1 + redirects));
    CHECK_THAT(site.report().at(0).at(2).get<std::string>(), Catch::Matchers::StartsWith("refused: "));
}

TEST_CASE("a folder of the run's own that goes away stops the run and condemns no video", "[site_down]")
{
    kinetics_site site;
    site.add("video");
    const std::string video = read_file(site.folder / "media/video.mp4");
    const fs::path temporary = site.folder / "temporary";
    fs::create_directories(temporary);
    origin server;
    for (int v = 0; v < 3; ++v)
        server.serve(fmt::format("/video{}", v), [&](const asked& request) {
            fs::remove_all(temporary);
            return part_of(video, request);
        });

    const finished end = run(site.download(
        site.list_of(3), {"--source", server.url("/{id}"), "--connections", "1", "--tmp-dir", temporary.string()}));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, temporary.string()));
    CHECK(says(end, " 0 failed"));
}

TEST_CASE("a video that is unavailable, and no more, is asked for once more by a later run", "[site_down]")
{
    const kinetics_site site;
    const fs::path log = site.folder / "asked";
    const auto words =
        site.download(site.list_of(1),
                      {"--yt-dlp", program(site, "echo asked >> " + log.string() +
                                                     "\necho 'ERROR: [youtube] video0: Video unavailable'; exit 1")});
    const auto message = [&] { return site.report().at(0).at(2).get<std::string>(); };

    CHECK(run(words).status == 1);
    CHECK_THAT(message(), Catch::Matchers::StartsWith("unconfirmed: "));
    CHECK(run(words).status == 1);
    CHECK_THAT(message(), Catch::Matchers::StartsWith("unavailable: "));
    CHECK(run(words).status == 1);
    CHECK_THAT(message(), Catch::Matchers::StartsWith("unavailable: "));
    CHECK(read_file(log) == "asked\nasked\n");
}

TEST_CASE("a program that has JavaScript is believed that a video is unavailable, one that has none is not",
          "[site_down]")
{
    const kinetics_site site;
    const bool has_scripts = GENERATE(true, false);
    const std::string complaint =
        has_scripts ? "" : "echo 'WARNING: [youtube] No supported JavaScript runtime could be found.'\n";

    const finished end = run(site.download(
        site.list_of(1),
        {"--yt-dlp", program(site, complaint + "echo 'ERROR: [youtube] video0: This video is unavailable'; exit 1")}));

    INFO(end.err);
    CHECK_THAT(site.report().at(0).at(2).get<std::string>(),
               Catch::Matchers::StartsWith(has_scripts ? "unconfirmed: " : "needs_javascript: "));
}

TEST_CASE("a program that resolves does not outlive a run that is killed", "[site_down]")
{
    const kinetics_site site;
    const fs::path log = site.folder / "pid";
    process run(
        site.download(site.list_of(1), {"--yt-dlp", program(site, "echo $$ > " + log.string() + "; exec sleep 1000")}));
    pid_t pid = 0;
    REQUIRE(comes_true([&] { return static_cast<bool>(std::ifstream(log) >> pid) && pid > 0; }));

    run.signal(SIGKILL);
    run.wait();

    const bool is_gone = comes_true([&] {
        return kill(pid, 0) != 0 || read_file(fmt::format("/proc/{}/stat", pid)).find(") Z") != std::string::npos;
    });
    CHECK(is_gone);
}
