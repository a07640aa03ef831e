// What reaches a terminal: nothing of a list, a file's name or a server's words may control it.
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"
#include "support/youtube_stand_in.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

// Sets a title, colours, C1's control sequence introducer, overrides and isolates of bidirectional text, DEL, a tab,
// and line and paragraph separators.
const std::string controls =
    "\x1b]0;title\x07\x1b[31m\r\xc2\x9b"
    "31m\xe2\x80\xaetxet\xe2\x81\xa6i\xe2\x81\xa9\xd8\x9c\x7f\t\xe2\x80\xa8";
// The same on two lines, with bytes that are no UTF-8: a stray byte, an overlong ESC, a surrogate, a cut sequence.
const std::string worse = controls + "\nerror: forged\xff\xc0\x9b\xed\xa0\x80\xe2\x80";

// What there is in the text that a terminal might obey: the first such sequence of bytes, and whether all is UTF-8.
std::string obeyed(const std::string& text)
{
    static const std::regex orders(
        "[\\x01-\\x08\\x0b-\\x1f\\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]");
    std::smatch found;
    if (std::regex_search(text, found, orders)) return found.str();
    try {
        (void)json(text).dump();
        return {};
    } catch (const json::exception& e) {
        return e.what();
    }
}

// Runs the command and looks at all that it says.
finished harmless(std::vector<std::string> words)
{
    words.insert(words.begin(), REELPIPE_BINARY);
    finished end = run(words);
    INFO(words[1] << ' ' << words.back());
    INFO(end.out << end.err);
    CHECK(obeyed(end.out + end.err).empty());
    CHECK_THAT("\n" + end.out + end.err, !ContainsSubstring("\nerror: forged"));
    return end;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

}  // namespace

TEST_CASE("no command's output obeys what a list or the command line holds", "[terminal]")
{
    kinetics_site site;
    site.add("good", "silent.mp4");
    fs::create_directories(site.folder / "media");
    const std::string list =
        site.list(std::string(columns) + "good,1,1.3," + quoted(controls) + "\n" + quoted("dead" + controls) + ",1,2," +
                  quoted("l" + controls) + "\n" + "good," + quoted(controls) + ",2,l\n" + "bytes" + worse + ",1,2,l\n");
    const std::string media = (site.folder / "media").string(), clips = site.output().string();
    const std::string log = site.folder / "log.json", dead = "dead" + controls;

    const finished made = harmless({"download", list, "-o", clips, "--source", media, "--cut", "lossless", "--log-json",
                                    log, "--progress", "plain"});
    CHECK(made.status == 1);
    CHECK_THAT(made.err, ContainsSubstring("\\u001b[31m") && ContainsSubstring("\\u009b31m\\u202etxet\\u2066i"));
    CHECK(obeyed(read_file(log)).empty());
    CHECK_THAT(harmless({"report", clips}).out, ContainsSubstring("\\u009b"));
    const json report = json::parse(harmless({"report", clips, "--json"}).out);
    CHECK(report["failures"][0]["example"] == dead + "_000001_000002");
    CHECK_THAT(harmless({"explain", clips, dead}).out, ContainsSubstring("\\u202e"));
    CHECK(json::parse(harmless({"explain", clips, dead, "--json"}).out)[0]["clip"] == dead + "_000001_000002");
    CHECK(harmless({"explain", clips, worse}).status == 2);
    CHECK(harmless({"plan", list, "-o", clips}).status == 0);
    harmless({"doctor", list, "-o", clips, "--source", media + controls});
    CHECK(harmless({"export", clips, "--layout", "flat", "-o", (site.folder / "flat").string()}).status == 0);
    CHECK(harmless({"export", clips, "--layout", "webdataset", "-o", (site.folder / "shards").string()}).status == 0);
    const std::string manifest = (site.folder / "clips.manifest").string();
    CHECK(harmless({"manifest", clips, "-o", manifest}).status == 0);
    harmless({"diff", manifest, clips});
    harmless({"report", clips, "--csv", "-"});
    harmless({"report", clips, "--jsonl", "-"});
    harmless({"verify", media, "--list", list});
    for (const fs::directory_entry& each : fs::recursive_directory_iterator(site.output()))
        if (each.path().extension() == ".mp4") write_file(each.path(), "no clip");
    CHECK_THAT(harmless({"verify", clips}).out, ContainsSubstring("\\u202e"));
    harmless({"verify", clips, "--json"});

    write_file(site.folder / "media" / (controls + "_000001_000002.mp4"), "no video");
    CHECK_THAT(harmless({"verify", media}).out, ContainsSubstring("\\u001b"));
    harmless({"verify", media, "--json"});
    harmless({"verify", media + worse});
    harmless({"inspect", media + worse});
    harmless({"report", media + worse});
}

TEST_CASE("what is wrong with the command line or its file is said in one harmless line", "[terminal]")
{
    const temp_folder folder;
    const std::string list = folder / "list.csv", clips = folder / "clips", config = folder / "config.toml";
    write_file(list, std::string(columns) + "video,1,2,l\n");
    for (const std::string& bad : {controls, worse}) {
        harmless({bad});
        harmless({"download", "--" + bad});
        harmless({"download", list, "-o", clips, "--crf", bad});
        harmless({"download", list, "-o", clips, "--cut", bad});
        harmless({"download", list, "-o", clips, "--preset", bad});
        harmless({"download", list, "-o", clips, "--retry", bad});
        harmless({"download", list, "-o", clips, "--trim-format", bad});
        harmless({"download", list, "-o", clips, "--source", bad});
        harmless({"download", list + bad, "-o", clips});
        harmless({"download", list, "-o", clips, "--config", config + bad});
        for (const std::string& text : {bad + " = 1\n", "[" + bad + "\n", "crf = \"" + bad + "\"\n"}) {
            write_file(config, text);
            harmless({"download", list, "-o", clips, "--config", config});
        }
    }
}

TEST_CASE("what servers say is no order to the terminal", "[terminal]")
{
    kinetics_site site;
    origin mirror;
    mirror.serve("/moved.mp4", [](const asked&) {
        return reply{.status = 302, .headers = {"Location: ftp://host/\x1b[31m\xc2\x9b\xe2\x80\xae"}};
    });
    mirror.serve("/typed.mp4", [](const asked&) {
        return reply{.headers = {"Content-Type: text/\x1b[31m\xc2\x9b\xe2\x80\xae"}, .body = controls};
    });
    const std::string list = site.list(std::string(columns) + "moved,1,2,l\ntyped,1,2,l\n");
    harmless(
        {"download", list, "-o", site.output().string(), "--source", mirror.url("/") + "{id}.mp4", "--attempts", "1"});
    harmless({"report", site.output().string()});
    harmless({"explain", site.output().string(), "moved"});
    harmless({"inspect", mirror.url("/moved.mp4")});
    harmless({"inspect", mirror.url("/typed.mp4")});
}

TEST_CASE("what YouTube says is no order to the terminal", "[terminal][youtube]")
{
    const kinetics_site site;
    const temp_folder keys;
    const reelpipe::test::site youtube =
        start_youtube(keys, {{"hostilewrds", {{"status", "ERROR"}, {"reason", "Video unavailable" + controls}}}});
    const bool is_old = output_of({"/usr/bin/python3", "-m", "yt_dlp", "--version"}) < "2025";
    const std::string clips = site.output().string();
    const finished end =
        harmless({"download", site.list(std::string(columns) + "hostilewrds,1,2,l\n"), "-o", clips, "--proxy",
                  youtube.url(""), "--resolve-rate", "0", "--yt-dlp-option", "nocheckcertificate=true",
                  "--yt-dlp-option", "extractor_args=" + parameters_for_youtube(is_old)["extractor_args"].dump()});
    CHECK_THAT(end.err, ContainsSubstring("\\u009b31m"));
    CHECK_THAT(harmless({"report", clips}).out, ContainsSubstring("\\u202e"));
    CHECK_THAT(harmless({"explain", clips, "hostilewrds"}).out, ContainsSubstring("\\u202e"));
}
