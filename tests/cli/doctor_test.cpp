#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"
#include "support/youtube_stand_in.hpp"

using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::read_file;
using reelpipe::test::run;
using reelpipe::test::temp_folder;
using reelpipe::test::write_file;

namespace {

std::vector<std::string> doctor(std::vector<std::string> more)
{
    more.insert(more.begin(), {REELPIPE_BINARY, "doctor"});
    return more;
}

// A file of one cookie that nobody else can read.
std::string cookies_in(const temp_folder& folder, const std::string& end)
{
    const std::filesystem::path file = folder / "cookies.txt";
    write_file(file, "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t" + end + "\tSID\tsecret\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file.string();
}

std::string program_in(const temp_folder& folder, const std::string& script)
{
    write_file(folder / "yt-dlp", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(folder / "yt-dlp", std::filesystem::perms::owner_all);
    return (folder / "yt-dlp").string();
}

bool has_line(const finished& end, const std::string& beginning, const std::string& part)
{
    const std::size_t at = ("\n" + end.out).find("\n" + beginning);
    if (at == std::string::npos) return false;
    const std::string line = end.out.substr(at, end.out.find('\n', at) - at);
    return line.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the doctor finds a machine on which runs work, and changes nothing", "[doctor]")
{
    const temp_folder folder;
    const std::string cookies = cookies_in(folder, "4102444800");
    write_file(folder / "list.csv", std::string(reelpipe::test::columns) + "abcdefghijk,1,2,l\n");

    const finished end =
        run(doctor({(folder / "list.csv").string(), "-o", (folder / "clips").string(), "--cookies", cookies}));

    INFO(end.out << end.err);
    CHECK(end.status == 0);
    for (const char* about : {"libraries", "options", "sandbox", "cookies", "folder", "lists", "disk"})
        CHECK(has_line(end, std::string("ok\t") + about, ""));
    CHECK(end.out.find("FFmpeg") != std::string::npos);
    CHECK(end.out.find("yt-dlp: 20") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "clips"));
}

TEST_CASE("the doctor names each trouble, and what to do", "[doctor]")
{
    const temp_folder folder;
    const std::string there = (folder / "there").string();
    write_file(there, "no folder");
    struct trouble {
        std::vector<std::string> words;
        const char* line;
        const char* part;
    };
    const std::string few = "ulimit -n 100 && exec \"$@\"";
    std::vector<trouble> troubles{
        {doctor({"--yt-dlp", "/nonexistent"}), "problem\tyt-dlp", "there is no yt-dlp at"},
        {doctor({"--python", "/nonexistent"}), "problem\tyt-dlp", "apt-get install"},
        {doctor({"--format", "b["}), "problem\t--format", "mend"},
        {doctor({"--yt-dlp", program_in(folder, "echo 2020.01.01")}), "warning\tyt-dlp: 2020.01.01",
         "install a current one"},
        {doctor({"--cookies", there}), "problem\tcookies", "Netscape"},
        {doctor({"--cookies", cookies_in(folder, "1000")}), "warning\tcookies", "1 of them expired; export"},
        {doctor({"--proxy", "htp://user:secret@127.0.0.1:1"}), "problem\tproxy", "unknown scheme"},
        {doctor({"--proxy", "http://user:secret@127.0.0.1:9"}), "problem\tproxy: 127.0.0.1:9", "refused"},
        {doctor({"-o", there + "/clips"}), "problem\tfolder", "choose one"},
        {doctor({there + "/list.csv", "-o", (folder / "clips").string()}), "problem\tlists", "list.csv"},
        {doctor({"--source", "htp://mirror/{id}.mp4"}), "problem\toptions", "--source"},
        {{"/bin/sh", "-c", few, "sh", REELPIPE_BINARY, "doctor", "--connections", "200"},
         "problem\toptions",
         "ulimit -n"},
        {doctor({"--source", "http://127.0.0.1:9/{id}.mp4", "--probe", "http://127.0.0.1:9/a.mp4"}), "problem\tprobe",
         "127.0.0.1"},
    };
    for (const trouble& each : troubles) {
        const finished end = run(each.words);
        CAPTURE(each.line, end.out, end.err);
        CHECK(has_line(end, each.line, each.part));
        CHECK(end.status == (std::string(each.line).starts_with("problem") ? 1 : 0));
        CHECK(end.out.find("secret") == std::string::npos);
        if (each.words == doctor({"--cookies", there})) CHECK(end.out.find("problem") == end.out.rfind("problem"));
    }
}

TEST_CASE("the doctor sees cookies that others can read", "[doctor]")
{
    const temp_folder folder;
    const std::string cookies = cookies_in(folder, "4102444800");
    std::filesystem::permissions(cookies, std::filesystem::perms::others_read, std::filesystem::perm_options::add);

    const finished end = run(doctor({"--cookies", cookies}));

    INFO(end.out);
    CHECK(has_line(end, "warning\tcookies", "chmod 600"));
}

TEST_CASE("the doctor asks a site for the video that it is told to probe, and for no other", "[doctor]")
{
    kinetics_site site;
    site.add("video");

    const finished end = run(doctor({"--probe", site.server.url("watch?v=video")}));

    INFO(end.out << end.err);
    CHECK(has_line(end, "ok\tprobe", "MP4"));
}

TEST_CASE("the doctor sees a clock that is not the server's", "[doctor]")
{
    const std::chrono::minutes off(GENERATE(-10, 0, 10));
    const std::string whole = read_file(REELPIPE_TEST_MEDIA "/moov_first.mp4");
    reelpipe::test::origin server;
    server.serve("/a.mp4", [&](const reelpipe::test::asked& r) {
        reelpipe::test::reply answer = reelpipe::test::part_of(whole, r);
        const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + off);
        std::array<char, 40> date{};
        std::strftime(date.data(), date.size(), "Date: %a, %d %b %Y %H:%M:%S GMT", std::gmtime(&now));
        answer.headers.emplace_back(date.data());
        return answer;
    });

    const finished end = run(doctor({"--source", server.url("/{id}.mp4"), "--probe", server.url("/a.mp4")}));

    INFO(end.out << end.err);
    CHECK(end.status == 0);
    CHECK(has_line(end, "ok\tprobe", "MP4"));
    CHECK(has_line(end, off.count() == 0 ? "ok\tclock" : "warning\tclock",
                   off.count() == 0  ? "agrees"
                   : off.count() < 0 ? "s ahead of that of 127.0.0.1"
                                     : "s behind that of 127"));
}

TEST_CASE(
    "a site that wants a login for every video condemns none, and what the user told yt-dlp is kept without tokens",
    "[youtube]")
{
    const kinetics_site folder;
    json replies = json::object();
    std::string text = reelpipe::test::columns;
    for (int v = 0; v < 5; ++v) {
        const std::string id = fmt::format("logmeinplz{}", v);
        replies[id] = {{"status", "LOGIN_REQUIRED"}, {"reason", "Please sign in"}};
        text += id + ",1,2,l\n";
    }
    const temp_folder keys;
    const reelpipe::test::site youtube = reelpipe::test::start_youtube(keys, replies);
    const bool is_old = reelpipe::test::output_of({"/usr/bin/python3", "-m", "yt_dlp", "--version"}) < "2025";
    json parameters = reelpipe::test::parameters_for_youtube(is_old);
    parameters["extractor_args"]["youtube"]["po_token"] = {"web.gvs+c2VjcmV0"};

    const finished end =
        run(folder.download(folder.list(text), {"--proxy", youtube.url(""), "--resolve-rate", "0", "--yt-dlp-option",
                                                "nocheckcertificate=true", "--yt-dlp-option",
                                                "extractor_args=" + parameters["extractor_args"].dump()}));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(end.err.find("Please sign in") != std::string::npos);
    for (const json& entry : folder.report())
        CHECK_THAT(entry[2].get<std::string>(), Catch::Matchers::StartsWith("Not reached"));
    const finished report = run({REELPIPE_BINARY, "report", folder.output().string(), "--json"});
    CHECK(report.out.find("nocheckcertificate") != std::string::npos);
    CHECK(report.out.find("(hidden)") != std::string::npos);
    CHECK(report.out.find("c2VjcmV0") == std::string::npos);
}

TEST_CASE("explain shows what yt-dlp warned of and what the site said of a video, stored or not", "[youtube]")
{
    const kinetics_site folder;
    const temp_folder keys;
    const reelpipe::test::site youtube = reelpipe::test::start_youtube(keys, json::object());
    const bool is_old = reelpipe::test::output_of({"/usr/bin/python3", "-m", "yt_dlp", "--version"}) < "2025";
    json players = reelpipe::test::parameters_for_youtube(is_old)["extractor_args"];
    players["youtube"]["player_client"].push_back("no_such_player");

    // Nobody serves the media of the stand-in.
    const finished end =
        run(folder.download(folder.list(reelpipe::test::columns + std::string("-abcdefghij,1,2,l\n")),
                            {"--proxy", youtube.url(""), "--metadata", "--attempts", "1", "--yt-dlp-option",
                             "nocheckcertificate=true", "--yt-dlp-option", "extractor_args=" + players.dump()}));
    INFO(end.err);

    const finished shown = run({REELPIPE_BINARY, "explain", "--json", folder.output().string(), "--", "-abcdefghij"});
    INFO(shown.out << shown.err);
    REQUIRE(shown.status == 0);
    const json told = json::parse(shown.out).front();
    CHECK(told["warnings"].dump().find("no_such_player") != std::string::npos);
    CHECK(told["metadata"]["title"] == "A video");
    CHECK(told["metadata"]["formats"].size() == 3);
    const finished table = run({REELPIPE_BINARY, "report", folder.output().string(), "--jsonl", "-"});
    CHECK(json::parse(table.out)["title"] == "A video");
    const finished text = run({REELPIPE_BINARY, "explain", folder.output().string(), "--", "-abcdefghij"});
    CHECK(text.out.find("yt-dlp warned: ") != std::string::npos);
}

TEST_CASE("an option that yt-dlp does not know is told before the first video", "[doctor]")
{
    const finished end = run({REELPIPE_BINARY, "doctor", "--yt-dlp-option", "format_srot=[\"res\"]", "--yt-dlp-option",
                              "http_headers={\"X-Of\": \"ours\"}"});
    INFO(end.out << end.err);
    CHECK(end.out.find("knows no option format_srot: it changes nothing") != std::string::npos);
    CHECK(end.out.find("http_headers") == std::string::npos);
}

TEST_CASE("an option for yt-dlp that is no JSON is refused", "[youtube]")
{
    const kinetics_site site;
    for (const char* option : {"quiet", "=1", "format=b", "quiet={"}) {
        const finished end = run(site.download(site.list_of(1), {"--yt-dlp-option", option}));
        INFO(end.err);
        CHECK(end.status == 2);
        CHECK(end.err.find("--yt-dlp-option") != std::string::npos);
    }
}
