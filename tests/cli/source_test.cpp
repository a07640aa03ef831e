#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

using namespace reelpipe::test;

namespace {

std::string manifest_of(const kinetics_site& site, const std::string& text)
{
    write_file(site.folder / "urls.jsonl", text);
    return (site.folder / "urls.jsonl").string();
}

std::string line_of(const std::string& id, const std::string& url)
{
    return fmt::format("{{\"id\": \"{}\", \"url\": \"{}\"}}\n", id, url);
}

}  // namespace

TEST_CASE("clips are made from a file of URLs, and its malformed lines cost only themselves", "[source]")
{
    kinetics_site site;
    site.add("video");
    const std::string urls = manifest_of(site, line_of("one", site.server.url("media/video.mp4")) + "oops\n" +
                                                   line_of("two", site.server.url("media/video.mp4")));
    const std::string list = site.list(std::string(columns) + "one,1,2,l\ntwo,1,2,l\nnone,1,2,l\n");

    const finished end = run(site.download(list, {"--source", urls}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(says(end, "urls.jsonl:2: "));
    CHECK(says(end, "has no line for video none"));
    CHECK(clips_of(site.output()).size() == 2);
}

TEST_CASE("one dead host among the hosts of a run does not stop it", "[source]")
{
    kinetics_site site;
    site.add("video");
    kinetics_site dead;
    std::string list = columns;
    std::string urls;
    for (int v = 0; v < 8; ++v) {
        const std::string id = fmt::format("video{}", v);
        list += id + ",1,2,l\n";
        urls += line_of(id, (v % 2 == 0 ? site : dead).server.url("media/video.mp4"));
    }
    dead.server.stop();

    const finished end =
        run(site.download(site.list(list), {"--source", manifest_of(site, urls), "--attempts", "2", "--jobs", "1"}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(says(end, " 4 failed"));
    CHECK(clips_of(site.output()).size() == 4);
}

TEST_CASE("ids that are URLs of media are fetched from there, and nobody is asked for them", "[source]")
{
    kinetics_site site;
    site.add("video");
    const std::string url = site.server.url("media/video.mp4");
    const std::string list = site.list(columns + url + ",1,2,l\nfile:///etc/passwd,1,2,l\n");

    SECTION("with a template")
    {
        const finished end = run(site.download(list, {"--source", "{id}", "--allow-private"}));
        INFO(end.err);
        CHECK(end.status == 1);
        CHECK(says(end, "http(s) URL"));
        CHECK(says(end, "(127.0.0.1) is not a public address; it is asked because of --allow-private"));
        CHECK(clips_of(site.output()).size() == 1);
    }
    SECTION("in a list for a site")
    {
        const finished end = run(
            site.download(list, {"--url-base", site.server.url("watch?v="), "--allow-private", "--resolvers", "1"}));
        INFO(end.err);
        CHECK(end.status == 1);
        CHECK(clips_of(site.output()).size() == 1);
    }
    SECTION("but not from private addresses unasked")
    {
        const finished end = run(site.download(list, {"--source", "{id}"}));
        INFO(end.err);
        CHECK(end.status == 1);
        CHECK(says(end, "--allow-private"));
        CHECK(site.requests() == 0);
    }
}

TEST_CASE("the media of a site are not asked for over IPv6, as its pages are not", "[source]")
{
    std::optional<origin> media;
    try {
        media.emplace("::1");
    } catch (const std::system_error& e) {
        SKIP("there is no IPv6 here: " << e.what());
    }
    const std::string video = read_file(std::filesystem::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    media->serve("/video.mp4", [&video](const asked& request) { return part_of(video, request); });
    const std::string url = media->url("/video.mp4", "[::1]");
    kinetics_site site;
    std::filesystem::create_directories(site.folder / "pages");
    write_file(site.folder / "pages/video.html",
               "<html><head><title>A video</title></head><body><video><source src=\"" + url +
                   "\" type=\"video/mp4\"></video></body></html>");
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");

    const finished of_site = run(site.download(list, {"--url-base", site.server.url("watch?v="), "--attempts", "1"}));
    CHECK(of_site.status != 0);
    CHECK(media->requests().empty());

    const finished of_mirror = run(site.download(list, {"--source", media->url("/{id}.mp4", "[::1]")}));
    INFO(of_mirror.err);
    CHECK(of_mirror.status == 0);
}

TEST_CASE("a format selector that is none is wrong usage, and fails no clip", "[source]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    const std::string pages = site.server.url("watch?v="), program = (site.folder / "yt-dlp").string();
    write_file(program, "#!/bin/sh\nexec /usr/bin/python3 -m yt_dlp \"$@\"\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);

    const finished warm = run(site.download(list, {"--url-base", pages, "--format", "b["}));
    const finished cold = run(site.download(list, {"--url-base", pages, "--format", "b[", "--yt-dlp", program}));

    INFO(warm.err << cold.err);
    CHECK(warm.status == 2);
    CHECK(says(warm, "--format: SyntaxError: Invalid format specification"));
    CHECK(cold.status == 3);
    CHECK(says(cold, "--format: SyntaxError: Invalid format specification"));
    CHECK(says(cold, " 0 failed"));
    CHECK(site.requests() == 0);
}

TEST_CASE("without audio only the frames of a pair are asked for", "[source]")
{
    kinetics_site site;
    site.add("frames", "long_video.mp4");
    const std::string urls =
        manifest_of(site, fmt::format("{{\"id\": \"pair\", \"video\": \"{}\", \"audio\": \"{}\"}}\n",
                                      site.server.url("media/frames.mp4"), site.server.url("media/audio.m4a")));

    const finished end =
        run(site.download(site.list(std::string(columns) + "pair,1,2,l\n"), {"--source", urls, "--audio", "none"}));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(std::ranges::none_of(site.server.log(1), [](const auto& each) { return each.path == "/media/audio.m4a"; }));
}

TEST_CASE("a killed run's successor does not ask the site again for what was found", "[source]")
{
    constexpr int videos = 10;
    const std::string video = read_file(std::filesystem::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    std::atomic<bool> well{false};
    origin media;
    kinetics_site site;
    std::filesystem::create_directories(site.folder / "pages");
    std::string text = columns;
    for (int v = 0; v < videos; ++v) {
        const std::string name = fmt::format("video{:06}", v);
        text += name + ",1,2,l\n";
        media.serve("/" + name + ".mp4", [&](const asked& request) {
            reply answer = part_of(video, request);
            if (well) return answer;
            answer.sent = 0;
            answer.then = reply::ending::stall;
            return answer;
        });
        write_file(site.folder / "pages" / (name + ".html"),
                   "<html><head><title>A video</title></head><body><video><source src=\"" +
                       media.url("/" + name + ".mp4") + "\" type=\"video/mp4\"></video></body></html>");
    }
    const auto words = site.download(site.list(text), {"--url-base", site.server.url("watch?v=")});
    const std::string ledger = site.output() / ".reelpipe/ledger.sqlite";
    const auto kept = [&] {
        const finished counted = run({"python3", "-c",
                                      "import sqlite3, sys\n"
                                      "ledger = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)\n"
                                      "print(ledger.execute('SELECT count(*) FROM resolved').fetchone()[0])",
                                      ledger});
        return counted.out;
    };

    process disturbed(words);
    REQUIRE(comes_true([&] { return kept() == fmt::format("{}\n", videos); }));
    disturbed.signal(SIGKILL);
    disturbed.wait();
    const auto pages = [&] {
        return std::ranges::count_if(site.server.log(videos),
                                     [](const auto& each) { return each.path.starts_with("/pages/"); });
    };
    CHECK(pages() == videos);
    CHECK(clips_of(site.output()).empty());
    struct stat facts{};
    REQUIRE(stat(ledger.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);

    well = true;
    const finished again = run(words);

    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(clips_of(site.output()).size() == videos);
    CHECK(pages() == videos);
    CHECK(kept() == "0\n");
}

TEST_CASE("options that a source has no use for are refused, with its name", "[source]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    const std::string folder = (site.folder / "media").string();
    const std::string urls = manifest_of(site, line_of("video", site.server.url("media/video.mp4")));
    const auto is_refused = [&](const std::string& source, const std::string& option, const std::string& value) {
        CAPTURE(source, option);
        const finished end = run(site.download(list, {"--source", source, option, value}));
        INFO(end.err);
        CHECK(end.status == 2);
        CHECK(says(end, option));
        CHECK(says(end, source));
    };

    const std::string source = std::array{site.url_template(), folder, urls}.at(GENERATE(0u, 1u, 2u));
    const std::vector<std::pair<std::string, std::string>> of_sites{{"--cookies", list},
                                                                    {"--format", "b"},
                                                                    {"--yt-dlp", "yt-dlp"},
                                                                    {"--python", "python3"},
                                                                    {"--url-base", "http://x"},
                                                                    {"--resolvers", "3"},
                                                                    {"--max-wait", "5"},
                                                                    {"--block-pause", "5"},
                                                                    {"--extractors", "vimeo"},
                                                                    {"--player-rate", "300/h"},
                                                                    {"--subtitles", "en"},
                                                                    {"--yt-dlp-cache", folder},
                                                                    {"--yt-dlp-option", "quiet=true"}};
    for (const auto& [option, value] : of_sites) is_refused(source, option, value);
    is_refused(folder, "--proxy", "http://127.0.0.1:9");
    const finished several = run(
        site.download(list, {"--source", source, "--proxy", "http://127.0.0.1:9", "--proxy", "http://127.0.0.1:10"}));
    CHECK(several.status == 2);
    CHECK(says(several, "--proxy"));
    CHECK_FALSE(std::filesystem::exists(site.output()));

    CHECK(run(site.download(list, {"--source", source, "--max-wait", "14400"})).status == 0);
}

TEST_CASE("what the site says of a video is kept on request", "[source]")
{
    kinetics_site site;
    site.add("video");
    const bool is_wanted = GENERATE(true, false);
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    std::vector<std::string> words = site.download(list, {"--url-base", site.server.url("watch?v=")});
    if (is_wanted) words.emplace_back("--metadata");
    const finished end = run(words);
    INFO(end.err);
    REQUIRE(end.status == 0);

    const std::string said = output_of({"python3", "-c",
                                        "import json, sqlite3, sys\n"
                                        "for video, text in sqlite3.connect(sys.argv[1]).execute('SELECT id, metadata "
                                        "FROM video WHERE length(metadata)'):\n"
                                        "    known = json.loads(text)\n"
                                        "    print(video, len(known['title']) > 0, len(known['formats']) > 0)",
                                        (site.output() / ".reelpipe/ledger.sqlite").string()});
    CHECK(said == (is_wanted ? "video True True\n" : ""));
}

TEST_CASE("subtitles lie beside each clip, with its times", "[source]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(columns) + "video,1,3,l\nvideo,1,3,twin\nvideo,5,6,l\n");
    const std::string track = "WEBVTT\n\n00:00.500 --> 00:01.500\nfirst\n\n00:02.000 --> 00:02.500\nsecond\n";
    const std::string lines =
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nfirst\n\n00:00:01.000 --> 00:00:01.500\nsecond\n";
    std::vector<std::string> words;
    if (GENERATE(true, false)) {
        write_file(site.folder / "media/en.vtt", track);
        write_file(site.folder / "pages/video.html",
                   "<html><head><title>A video</title></head><body><video><source src=\"/media/video.mp4\" "
                   "type=\"video/mp4\"><track kind=\"subtitles\" srclang=\"en\" src=\"/media/en.vtt\"></video></body>"
                   "</html>");
        words = site.download(list, {"--url-base", site.server.url("watch?v="), "--subtitles", "de,en.*"});
    } else {
        nlohmann::json line = {{"id", "video"}, {"url", site.server.url("media/video.mp4")}};
        line["subtitles"] = {{"en", track}, {"../up", track}};
        words = site.download(list, {"--source", manifest_of(site, line.dump() + "\n")});
    }
    const finished end = run(words);
    INFO(end.err);
    REQUIRE(end.status == 0);

    CHECK(read_file(site.output() / "l/video_000001_000003.en.vtt") == lines);
    CHECK(read_file(site.output() / "twin/video_000001_000003.en.vtt") == lines);
    CHECK(read_file(site.output() / "l/video_000005_000006.en.vtt") == "WEBVTT\n");
    const finished verified = run({REELPIPE_BINARY, "verify", site.output().string()});
    INFO(verified.out << verified.err);
    CHECK(verified.status == 0);

    const auto exported = [&site](const std::string& layout) {
        const std::filesystem::path out = site.folder / layout;
        CHECK(run({REELPIPE_BINARY, "export", site.output().string(), "--layout", layout, "-o", out}).status == 0);
        return out;
    };
    CHECK(read_file(exported("activitynet") / "l/video_000001_000003.en.vtt") == lines);
    const std::string packed =
        output_of({"tar", "-xOf", exported("webdataset") / "clips-000000.tar", "--wildcards", "*.en.vtt"});
    CHECK(packed == lines + lines + "WEBVTT\n");
}

TEST_CASE("languages of subtitles that yt-dlp would not understand are refused", "[source]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    for (const char* languages : {"*", "en,", "en de", "(en"}) {
        const finished end = run(site.download(list, {"--subtitles", languages}));
        CHECK(end.status == 2);
        CHECK(says(end, "--subtitles: give languages"));
    }
}

TEST_CASE("an extractor that yt-dlp does not have is told before the first video", "[source]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    const finished end = run(site.download(list, {"--extractors", "vimeo,nosuch"}));
    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "--extractors: yt-dlp has none that is called 'nosuch'"));
    CHECK(site.requests() == 0);
}

TEST_CASE("of --resolve-rate and --player-rate one is too many", "[source]")
{
    kinetics_site site;
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    const finished end = run(site.download(list, {"--resolve-rate", "300/h", "--player-rate", "300/h"}));
    CHECK(end.status == 2);
    CHECK(says(end, "give one of them"));
}

TEST_CASE("a proxy that is none is refused, and its password not shown", "[source]")
{
    kinetics_site site;
    site.add("video");
    const std::string list = site.list(std::string(columns) + "video,1,2,l\n");
    const auto is_refused = [](std::vector<std::string> words, const std::string& proxy) {
        words.insert(words.end(), {"--proxy", proxy});
        const finished end = run(words);
        INFO(end.err);
        CHECK(end.status == 2);
        CHECK(says(end, "socks5h"));
        CHECK_FALSE(says(end, "secret"));
    };
    for (const char* proxy : {"ftp://me:secret@127.0.0.1:9", "socks://127.0.0.1:9", "://127.0.0.1:9"}) {
        CAPTURE(proxy);
        is_refused(site.download(list, {"--source", site.url_template()}), proxy);
        is_refused(site.download(list, {}), proxy);
        is_refused({REELPIPE_BINARY, "plan", list}, proxy);
        is_refused({REELPIPE_BINARY, "inspect", site.server.url("media/video.mp4")}, proxy);
    }
    CHECK(site.requests() == 0);
    for (const char* proxy : {"127.0.0.1:9", "HTTP://127.0.0.1:9", "socks4a://127.0.0.1:9"})
        CHECK(run({REELPIPE_BINARY, "plan", list, "--proxy", proxy}).status == 0);
}
