// `reelpipe browse`: the clips of a folder over HTTP, as clients see them, and the marks that they make.
#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <initializer_list>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "http_answer.hpp"
#include "kinetics_site.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "waiting_run.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr const char* evil = "<img src=x onerror=alert(1)>";
const std::string change = "Reelpipe-Change: yes";

// A folder that is shown on a free port.
class shown_folder {
public:
    explicit shown_folder(const fs::path& folder, std::vector<std::string> more = {})
        : program_([&] {
              std::vector<std::string> words{REELPIPE_BINARY, "browse", folder.string()};
              words.insert(words.end(), more.begin(), more.end());
              return words;
          }())
    {
        static const std::regex place("the clips are shown on http://[^:]+:([0-9]+)/");
        std::smatch found;
        std::string errors;
        REQUIRE(comes_true([&] {
            errors = program_.errors_so_far();
            return std::regex_search(errors, found, place) || program_.has_ended();
        }));
        INFO(errors);
        REQUIRE_FALSE(found.empty());
        port_ = std::stoi(found[1]);
    }

    std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
    answer get(const std::string& path, std::initializer_list<std::string> more = {}) const
    {
        std::vector<std::string> words{url(path)};
        words.insert(words.end(), more);
        return ask(words);
    }
    json read(const std::string& path) const
    {
        const answer found = get(path);
        INFO(path << ": " << found.head << found.body);
        REQUIRE(found.status == 200);
        return json::parse(found.body);
    }
    answer post(const std::string& path) const { return get(path, {"-X", "POST", "-H", change}); }

    // The ids on a page, in its order.
    std::vector<std::string> ids(const std::string& query) const
    {
        std::vector<std::string> all;
        const json page = read("/clips.json?" + query);
        for (const json& each : page["clips"]) all.push_back(each["id"]);
        return all;
    }
    std::string key(const std::string& id) const
    {
        const json page = read("/clips.json?");
        for (const json& each : page["clips"])
            if (each["id"] == id) return each["key"];
        return {};
    }

    int to_the_end()
    {
        program_.signal(SIGINT);
        return program_.wait().status;
    }

private:
    process program_;
    int port_ = 0;
};

using texts = std::vector<std::string>;

// Clips of all kinds: stored, with labels that hold markup and paths, one shorter than asked for, and one that failed.
struct clips_of_all_kinds {
    clips_of_all_kinds()
    {
        for (const char* const id : {"-silent", "other"}) site.add(id, "silent.mp4");
        const finished end = run(site.download(
            site.list(std::string(columns) + fmt::format("-silent,1,2,\"{0}\"\n-silent,3,4,../../up\n-silent,15,25,a\n"
                                                         "other,1,2,a\nother,3,4,\ngone,1,2,\"{0}\"\n",
                                                         evil)),
            {"--source", site.url_template(), "--cut", "lossless"}));
        INFO(end.err);
        REQUIRE(end.status == 1);
    }

    fs::path marks() const { return site.output() / "marks.csv"; }

    kinetics_site site{};
};

void in_ledger(const fs::path& folder, const std::string& script)
{
    const finished end =
        run({"python3", "-c",
             "import sqlite3, sys\nledger = sqlite3.connect(sys.argv[1])\nledger.executescript(sys.argv[2])",
             (folder / ".reelpipe/ledger.sqlite").string(), script});
    INFO(end.err);
    REQUIRE(end.status == 0);
}

}  // namespace

TEST_CASE("the clips of a folder are found by label, outcome, length and video", "[browse]")
{
    const clips_of_all_kinds made;
    shown_folder shown(made.site.output());

    const json folder = shown.read("/folder.json");
    INFO(folder.dump(1));
    CHECK(folder["name"] == "clips");
    CHECK(folder["stored"] == 5);
    CHECK(folder["failed"] == 1);
    CHECK(folder["shorter"] == 1);
    CHECK(folder["reasons"][0]["reason"] == "gone");
    CHECK(folder["labels"].size() == 4);
    CHECK(folder["labels"][0] == json{{"key", ""}, {"label", ""}, {"stored", 1}, {"failed", 0}, {"pending", 0}});
    const json& hostile = folder["labels"][2];
    CHECK(hostile["label"] == evil);
    CHECK(hostile["stored"] == 1);
    CHECK(hostile["failed"] == 1);

    CHECK(shown.ids("") == texts{"-silent_000001_000002", "-silent_000003_000004", "-silent_000015_000025",
                                 "gone_000001_000002", "other_000001_000002", "other_000003_000004"});
    CHECK(shown.ids("label=" + hostile["key"].get<std::string>()) ==
          texts{"-silent_000001_000002", "gone_000001_000002"});
    CHECK(shown.ids("label=") == texts{"other_000003_000004"});
    CHECK(shown.ids("label=a&show=shorter") == texts{"-silent_000015_000025"});
    CHECK(shown.ids("show=gone") == texts{"gone_000001_000002"});
    CHECK(shown.ids("show=failed") == texts{"gone_000001_000002"});
    CHECK(shown.ids("show=stored").size() == 5);
    CHECK(shown.ids("show=drm").empty());
    CHECK(shown.ids("from=h") == texts{"other_000001_000002", "other_000003_000004"});
    CHECK(shown.get("/clips.json?show=everything").status == 400);

    const json known = shown.read("/clip.json?clip=" + shown.key("gone_000001_000002"));
    CHECK(known["outcome"] == "failed");
    CHECK_FALSE(known["failed_attempts"].empty());
    CHECK_THAT(known["next"].get<std::string>(), ContainsSubstring("--retry gone"));
    CHECK(shown.read("/clip.json?clip=" + shown.key("other_000003_000004"))["on_disk"] == "as stored");
    CHECK(shown.to_the_end() == 0);
}

TEST_CASE("a large folder is shown page by page, also by a ledger without indexes", "[browse]")
{
    const clips_of_all_kinds made;
    in_ledger(
        made.site.output(),
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 229)"
        " INSERT INTO clip SELECT 'x' || i, start, end, 'many', reason, message, attempts, bytes, modified_ns,"
        " frames, fetched, resolve_s, fetch_s, cut_s, recorded, class, duration_s, streams, verify_s, store_s, run,"
        " copied, encoded_because, asked, missing_s, whole, split, packets, source FROM clip, n"
        " WHERE video = 'other' AND label = 'a'");
    const auto all_ids = [&made] {
        const shown_folder shown(made.site.output());
        texts all;
        std::string after;
        for (json next = ""; !next.is_null();) {
            const json page = shown.read("/clips.json?label=many" + after);
            CHECK(page["clips"].size() <= 60);
            for (const json& each : page["clips"]) all.push_back(each["id"]);
            next = page["next"];
            if (!next.is_null()) after = "&after=" + next.get<std::string>();
        }
        return all;
    };

    const texts found = all_ids();
    CHECK(found.size() == 130);
    CHECK(std::set<std::string>(found.begin(), found.end()).size() == 130);
    in_ledger(made.site.output(),
              "DROP INDEX clip_of_label; DROP INDEX clip_that_failed; DROP INDEX clip_that_is_shorter;"
              "PRAGMA user_version = 9");
    CHECK(all_ids() == found);
    const shown_folder shown(made.site.output());
    CHECK(shown.read("/folder.json")["shorter"] == 1);
    CHECK(shown.read("/clip.json?clip=" + shown.key("other_000003_000004"))["outcome"] == "stored");
}

TEST_CASE("a clip is played by ranges", "[browse]")
{
    const clips_of_all_kinds made;
    const shown_folder shown(made.site.output());
    const std::string path = "/clip.mp4?clip=" + shown.key("other_000001_000002");
    const std::string clip = read_file(made.site.output() / "a/other_000001_000002.mp4");

    const answer whole = shown.get(path);
    CHECK(whole.status == 200);
    CHECK_THAT(whole.head, ContainsSubstring("Content-Type: video/mp4") && ContainsSubstring("Accept-Ranges: bytes"));
    CHECK(whole.body == clip);
    const auto part = [&](const std::string& range) { return shown.get(path, {"-H", "Range: " + range}); };
    const answer first = part("bytes=0-99");
    CHECK(first.status == 206);
    CHECK_THAT(first.head, ContainsSubstring(fmt::format("Content-Range: bytes 0-99/{}", clip.size())));
    CHECK(first.body == clip.substr(0, 100));
    CHECK(part("bytes=100-").body == clip.substr(100));
    CHECK(part("bytes=-50").body == clip.substr(clip.size() - 50));
    CHECK(part("bytes=100-999999999").body == clip.substr(100));
    CHECK(part(fmt::format("bytes={}-", clip.size())).status == 416);
    for (const char* const odd : {"bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5"}) {
        INFO(odd);
        CHECK(part(odd).status == 200);
    }
    const answer head = shown.get(path, {"-I"});
    CHECK_THAT(head.head, ContainsSubstring(fmt::format("Content-Length: {}", clip.size())));
    CHECK(head.body.empty());
}

TEST_CASE("a frame of a clip is made when it is asked for", "[browse]")
{
    const clips_of_all_kinds made;
    const shown_folder shown(made.site.output());
    const std::string path = "/still.json?clip=" + shown.key("other_000001_000002");

    const json still = shown.read(path);
    CHECK(still["height"] == 144);
    CHECK_THAT(still["jpeg"].get<std::string>(), Catch::Matchers::StartsWith("/9j/"));
    CHECK(shown.read(path) == still);
    write_file(made.site.output() / "a/other_000001_000002.mp4", "this is no clip");
    CHECK(shown.get(path).status == 422);
    CHECK(shown.get("/still.json?clip=" + shown.key("gone_000001_000002")).status == 404);
}

TEST_CASE("what is not a clip of the folder is not shown, and a clip that vanished is told", "[browse]")
{
    const clips_of_all_kinds made;
    const fs::path folder = made.site.output();
    const shown_folder shown(folder);
    const std::string other = "/clip.mp4?clip=" + shown.key("other_000001_000002");
    const std::string up = "/clip.mp4?clip=" + shown.key("-silent_000003_000004");
    CHECK(shown.get(up).status == 200);

    for (const char* const key :
         {"", "a", "..%2F..%2Fetc%2Fpasswd", "../../../etc/passwd", "other/1000000/2000000/..%2F..%2Fa",
          "other/1000000/2000000/b", "other/x/2000000/a", "other/1000000/2000000/a/b", "%/1/2/a"}) {
        INFO(key);
        const int status = shown.get(fmt::format("/clip.mp4?clip={}", key), {"--path-as-is"}).status;
        CHECK((status == 400 || status == 404));
    }
    CHECK(shown.get("/a/other_000001_000002.mp4").status == 404);
    CHECK(shown.get("/../../etc/passwd", {"--path-as-is"}).status == 404);

    fs::rename(folder / "a", folder / "elsewhere");
    CHECK_THAT(shown.get(other).body, ContainsSubstring("the file a/other_000001_000002.mp4 is gone"));
    CHECK(shown.get(other).status == 404);
    CHECK(shown.read("/clip.json?clip=" + shown.key("other_000001_000002"))["on_disk"] == "missing");
    fs::create_directory_symlink(folder / "elsewhere", folder / "a");
    CHECK_THAT(shown.get(other).body, ContainsSubstring("links are not followed"));
    fs::remove(folder / "a");
    fs::create_directory(folder / "a");
    fs::create_symlink("/etc/passwd", folder / "a/other_000001_000002.mp4");
    CHECK_THAT(shown.get(other).body, ContainsSubstring("links are not followed"));
    CHECK(shown.get("/still.json" + other.substr(other.find('?'))).status == 404);
}

TEST_CASE("clips that are marked as bad are left out by --exclude", "[browse]")
{
    const clips_of_all_kinds made;
    const fs::path folder = made.site.output();
    {
        shown_folder shown(folder);
        const auto mark = [&shown](const std::string& id, const std::string& note) {
            return shown.post(fmt::format("/mark?clip={}&note={}", shown.key(id), note)).status;
        };
        CHECK(mark("-silent_000001_000002", "%3Cb%3E%2C%20%22no%22%0Aface+") == 200);
        CHECK(mark("-silent_000015_000025", "") == 200);
        CHECK(mark("other_000001_000002", "twice") == 200);
        CHECK(mark("other_000001_000002", "%3D1%2B1") == 200);
        CHECK(mark("other_000003_000004", "not+so+bad") == 200);
        CHECK(shown.post("/unmark?clip=" + shown.key("other_000003_000004")).body == "null");

        CHECK(shown.ids("show=marked") ==
              texts{"-silent_000001_000002", "-silent_000015_000025", "other_000001_000002"});
        CHECK(shown.read("/folder.json")["marked"] == 3);
        CHECK(shown.read("/clips.json?")["clips"][0]["mark"]["note"] == "<b>, \"no\" face ");
        CHECK(shown.read("/clip.json?clip=" + shown.key("other_000001_000002"))["mark"]["note"] == "=1+1");
        CHECK(mark("other_000003_000004", std::string(2001, 'x')) == 422);
        CHECK(shown.to_the_end() == 0);
    }
    INFO(read_file(made.marks()));
    CHECK_FALSE(fs::exists(made.marks().string() + ".part"));
    const shown_folder again(folder);
    CHECK(again.ids("show=marked").size() == 3);

    const finished exported = run({REELPIPE_BINARY, "export", folder.string(), "--layout", "activitynet", "-o",
                                   (made.site.folder / "out").string(), "--exclude", made.marks().string()});
    INFO(exported.err);
    CHECK(exported.status == 0);
    CHECK_THAT(exported.out, ContainsSubstring("2 clips: 2 linked") && ContainsSubstring("3 excluded"));

    std::vector<std::string> words = made.site.download(
        (made.site.folder / "list.csv").string(),
        {"--source", made.site.url_template(), "--cut", "lossless", "--exclude", made.marks().string()});
    words[4] = (made.site.folder / "fresh").string();
    const finished fresh = run(words);
    INFO(fresh.err);
    CHECK(fs::exists(made.site.folder / "fresh/test/other_000003_000004.mp4"));
    CHECK_FALSE(fs::exists(made.site.folder / "fresh/a"));
}

TEST_CASE("a list of marks may be changed by others, and what is no such list stays as it is", "[browse]")
{
    const clips_of_all_kinds made;
    shown_folder shown(made.site.output());
    const std::string key = shown.key("other_000001_000002");
    REQUIRE(shown.post("/mark?clip=" + key + "&note=a").status == 200);
    const std::string text = read_file(made.marks());
    write_file(made.marks(), text + "something else\n-silent,3,4,,by hand,");

    CHECK(shown.ids("show=marked") == texts{"-silent_000003_000004", "other_000001_000002"});
    CHECK(shown.post("/unmark?clip=" + key).status == 200);
    CHECK(read_file(made.marks()) == text.substr(0, text.find('\n') + 1) + "something else\n-silent,3,4,,by hand,\n");

    // As a spreadsheet writes it.
    const std::size_t end_of_header = text.find('\n');
    write_file(made.marks(), "\xef\xbb\xbf" + text.substr(0, end_of_header) + "\r\n-silent,3,4,,by hand,\r\n");
    CHECK(shown.ids("show=marked") == texts{"-silent_000003_000004"});

    write_file(made.marks(), "a list of mine\n");
    const answer refused = shown.post("/mark?clip=" + key + "&note=a");
    CHECK(refused.status == 422);
    CHECK_THAT(refused.body, ContainsSubstring("it is no list of marks"));
    CHECK(read_file(made.marks()) == "a list of mine\n");
    fs::remove(made.marks());
    fs::create_symlink(made.site.folder / "list.csv", made.marks());
    CHECK(shown.post("/mark?clip=" + key + "&note=a").status == 422);
    CHECK(fs::is_symlink(made.marks()));
    CHECK(shown.to_the_end() == 0);
}

TEST_CASE("web pages of others can neither look at clips nor mark them", "[browse]")
{
    const clips_of_all_kinds made;
    const shown_folder shown(made.site.output());
    const std::string mark = "/mark?note=a&clip=" + shown.key("other_000001_000002");

    CHECK(shown.get("/", {"-H", "Host: rebound.example"}).status == 403);
    CHECK(shown.get(mark, {"-X", "POST", "-H", change, "-H", "Host: rebound.example"}).status == 403);
    CHECK(shown.get(mark, {"-X", "POST"}).status == 403);
    CHECK(shown.get(mark, {"-X", "POST", "-H", "Content-Type: text/plain", "-d", change}).status == 403);
    const answer may_i = shown.get(
        mark, {"-X", "OPTIONS", "-H", "Origin: http://elsewhere.example", "-H", "Access-Control-Request-Method: POST",
               "-H", "Access-Control-Request-Headers: reelpipe-change"});
    CHECK(may_i.status == 405);
    CHECK_THAT(may_i.head, !ContainsSubstring("Access-Control"));
    CHECK(shown.get(mark).status == 404);
    CHECK(shown.get(mark, {"-X", "DELETE", "-H", change}).status == 405);
    CHECK(shown.post("/clips.json").status == 404);
    CHECK_FALSE(fs::exists(made.marks()));

    const answer page = shown.get("/");
    CHECK(page.status == 200);
    CHECK_THAT(page.head, ContainsSubstring("Content-Security-Policy: default-src 'none'; script-src 'self';"));
    CHECK_THAT(page.body, !ContainsSubstring("://") && !ContainsSubstring("<style") && !ContainsSubstring(" style=") &&
                              !ContainsSubstring(" onclick"));
}

TEST_CASE("only who knows the token sees clips from another machine", "[browse]")
{
    const clips_of_all_kinds made;
    const std::string folder = made.site.output().string(), token = "0123456789abcdef-token";
    const fs::path file = made.site.folder / "token";
    write_file(file, token + "\n");

    const finished refused = run({REELPIPE_BINARY, "browse", folder, "--listen", "0.0.0.0:0"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, ContainsSubstring("add --listen-token FILE"));
    const shown_folder shown(folder, {"--listen", "0.0.0.0:0", "--listen-token", file.string()});
    for (const char* const path : {"/", "/folder.json", "/clips.json?", "/clip.mp4?clip=other/1000000/2000000/a"}) {
        INFO(path);
        CHECK(shown.get(path).status == 401);
        CHECK(shown.get(path, {"-H", "Authorization: Bearer " + token}).status == 200);
    }
    CHECK(shown.get("/?token=" + token).status == 200);
    CHECK(shown.get("/script.js").status == 200);
    CHECK(shown.post("/mark?note=a&clip=other/1000000/2000000/a").status == 401);
    CHECK(shown.post("/mark?note=a&clip=other/1000000/2000000/a&token=" + token).status == 200);
}

TEST_CASE("a folder is shown while a run is at work in it, and one without a ledger is refused", "[browse]")
{
    waiting_run waits;
    process program(waits.words({}));
    waits.dead.open();
    REQUIRE(comes_true([&] {
        return run({REELPIPE_BINARY, "report", waits.site.output().string()}).out.find("1 clip stored") !=
               std::string::npos;
    }));
    {
        shown_folder shown(waits.site.output());
        CHECK(shown.ids("show=stored").size() == 1);
        waits.open();
        CHECK(program.wait().status == 1);
        CHECK(shown.ids("show=stored").size() == 2);
        CHECK(shown.read("/folder.json")["stored"] == 2);
        CHECK(shown.to_the_end() == 0);
    }
    const finished none = run({REELPIPE_BINARY, "browse", waits.site.folder.path().string()});
    CHECK(none.status == 2);
    CHECK_THAT(none.err, ContainsSubstring("ledger.sqlite"));
}
