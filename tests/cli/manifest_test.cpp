// `reelpipe manifest` and `reelpipe diff`: which clips a folder has, and what another one lacks.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::output_of;
using reelpipe::test::read_file;
using reelpipe::test::run;
using reelpipe::test::write_file;

namespace {

// Two folders of one list, whose clips are copied packets: the same frames in both.
struct two_folders {
    two_folders()
    {
        site.add("video");
        site.add("silent", "silent.mp4");
        download(first(), rows);
        download(second(), rows);
    }

    void download(const fs::path& output, const std::string& list_rows, std::vector<std::string> more = {}) const
    {
        const std::string list = site.list("youtube_id,time_start,time_end,label,split\n" + list_rows);
        std::vector<std::string> words{REELPIPE_BINARY,    "download", list,    "-o",       output.string(),
                                       "--backoff",        "0.05",     "--cut", "lossless", "--source",
                                       site.url_template()};
        words.insert(words.end(), more.begin(), more.end());
        const finished end = run(words);
        INFO(end.err);
        REQUIRE(end.status <= 1);
    }

    fs::path manifest(const fs::path& folder) const
    {
        const fs::path file = site.folder / (folder.filename().string() + ".manifest");
        const finished end = run({REELPIPE_BINARY, "manifest", folder.string(), "-o", file.string()});
        INFO(end.err);
        CHECK(end.status <= 1);
        return file;
    }

    static finished diff(const fs::path& a, const fs::path& b, std::vector<std::string> more = {})
    {
        std::vector<std::string> words{REELPIPE_BINARY, "diff", a.string(), b.string()};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    static std::string digest(const fs::path& folder)
    {
        return run({REELPIPE_BINARY, "manifest", folder.string(), "--digest"}).out;
    }

    fs::path first() const { return site.folder / "first"; }
    fs::path second() const { return site.folder / "second"; }

    std::string rows =
        "video,2,4,l,train\n"
        "silent,1,3.5,\"m, n\",val\n"
        "dead,1,2,l,train\n";
    kinetics_site site{};
};

std::vector<json> objects_in(const std::string& text)
{
    std::vector<json> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) lines.push_back(json::parse(line));
    return lines;
}

// The video packets of a clip, as ffmpeg takes them out of it.
std::string video_packets_of(const fs::path& clip)
{
    return output_of({"ffmpeg", "-nostdin", "-v", "error", "-ignore_editlist", "1", "-i", clip.string(), "-map", "0:v",
                      "-c", "copy", "-copyinkf", "-avoid_negative_ts", "disabled", "-f", "data", "-"});
}

}  // namespace

TEST_CASE("a manifest says which clips a folder has, with their hashes, and why it lacks the others", "[manifest]")
{
    const two_folders folders;

    const std::vector<json> lines = objects_in(read_file(folders.manifest(folders.first())));

    REQUIRE(lines.size() == 5);
    CHECK(lines[0] == json{{"reelpipe_manifest", 1}});
    CHECK(lines[1]["video"] == "dead");
    CHECK(lines[1]["outcome"] == "failed");
    CHECK(lines[1]["reason"] == "gone");
    const fs::path silent = folders.first() / "m, n/silent_000001_000003.5.mp4";
    CHECK(lines[2]["label"] == "m, n");
    CHECK(lines[2]["split"] == "val");
    CHECK(lines[2]["end"] == 3.5);
    CHECK(lines[2]["bytes"] == fs::file_size(silent));
    CHECK(lines[2]["frames"] == reelpipe::test::frames_in(silent));
    CHECK(lines[2]["packets"] > lines[2]["frames"]);  // the lead-in
    CHECK(output_of({"sha256sum", silent.string()}).starts_with(lines[2]["sha256"].get<std::string>()));
    write_file(folders.site.folder / "packets", video_packets_of(silent));
    CHECK(output_of({"sha256sum", (folders.site.folder / "packets").string()})
              .starts_with(lines[2]["video_sha256"].get<std::string>()));
    CHECK(lines[4]["stored"] == 2);
    CHECK(lines[4]["digest"] == folders.digest(folders.first()).substr(0, 64));
}

TEST_CASE("folders with the same frames have one digest and no difference, whatever their files' bytes", "[manifest]")
{
    const two_folders folders;
    const fs::path clip = folders.second() / "l/video_000002_000004.mp4";

    CHECK(folders.digest(folders.first()) == folders.digest(folders.second()));
    const finished same = folders.diff(folders.manifest(folders.first()), folders.second(), {"--hashes"});
    INFO(same.err);
    CHECK(same.status == 0);
    CHECK_THAT(same.out, ContainsSubstring("2 clips stored in both and the same (2 by the hash"));

    std::fstream file(clip, std::ios::in | std::ios::out | std::ios::binary);
    const std::string bytes = read_file(clip);
    const std::size_t at = bytes.find("mdat") + 4 + 200;  // inside of the first frames
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(bytes[at] ^ 1));
    file.close();

    CHECK(folders.digest(folders.first()) != folders.digest(folders.second()));
    CHECK(folders.diff(folders.first(), folders.second()).status == 0);  // by the ledgers
    const finished other = folders.diff(folders.manifest(folders.first()), folders.second(), {"--hashes"});
    CHECK(other.status == 1);
    CHECK_THAT(other.out, ContainsSubstring("content       video 2-4 'l': other video packets"));
}

TEST_CASE("diff says what one folder has that the other lacks or has differently", "[manifest]")
{
    two_folders folders;
    folders.download(folders.first(), "video,5,6,l,train\nvideo,7,8,l,train\n");
    folders.site.add("dead", "silent.mp4");
    folders.download(folders.second(), folders.rows + "video,9,10,l,train\ngone,1,2,l,train\n", {"--retry", "gone"});
    fs::remove(folders.second() / "l/video_000002_000004.mp4");
    const fs::path after = folders.manifest(folders.second());

    const finished end = folders.diff(folders.first(), after, {"--json"});

    CHECK(end.status == 1);
    const std::vector<json> lines = objects_in(end.out);
    json what = json::object();
    for (const json& each : lines)
        if (each["event"] == "difference")
            what[each["what"].get<std::string>()].push_back(each["video"].get<std::string>() + " " +
                                                            each["detail"].get<std::string>());
    CHECK(what["gained"] == json{"dead gone"});
    CHECK(what["only_first"].size() == 2);
    CHECK(what["only_second"].size() == 1);
    CHECK(what["failed_second"] == json{"gone gone"});
    REQUIRE(what["content"].size() == 1);
    CHECK_THAT(what["content"][0].get<std::string>(), ContainsSubstring("the second cannot be read"));
    CHECK(lines.back()["same"] == 1);
    CHECK(lines.back()["only_first"] == 2);
}

TEST_CASE("a download like a manifest takes exactly the clips that the manifest has stored", "[manifest]")
{
    two_folders folders;
    folders.site.add("dead");  // it is there again, and is not wanted
    const fs::path manifest = folders.manifest(folders.first()), third = folders.site.folder / "third";
    const auto download = [&](std::vector<std::string> more) {
        std::vector<std::string> words{REELPIPE_BINARY,
                                       "download",
                                       "--like",
                                       manifest.string(),
                                       "-o",
                                       third,
                                       "--source",
                                       folders.site.url_template(),
                                       "--cut",
                                       "lossless"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };

    const finished end = download({});

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.err, ContainsSubstring("2 clips: 2 stored"));
    CHECK(folders.digest(third) == folders.digest(folders.first()));
    CHECK(read_file(third / "dataset.json").find(manifest.string()) != std::string::npos);
    const finished planned = run({REELPIPE_BINARY, "plan", "--like", manifest.string(), "-o", third});
    CHECK_THAT(planned.out, ContainsSubstring("clips stored\t2\n"));

    CHECK(download({folders.site.list("youtube_id,time_start,time_end,label\nvideo,2,4,l\n")}).status == 2);
    write_file(manifest, "{}\n");
    CHECK(download({}).status == 2);
}

TEST_CASE("a damaged manifest is refused, with its line", "[manifest]")
{
    const two_folders folders;
    const fs::path good = folders.manifest(folders.first()), bad = folders.site.folder / "bad";
    const std::string text = read_file(good);
    const auto said_of = [&](const std::string& content) {
        write_file(bad, content);
        const finished end = folders.diff(good, bad);
        CHECK(end.status == 2);
        return end.err;
    };

    CHECK_THAT(said_of(text.substr(0, text.rfind("{\"stored\""))), ContainsSubstring("it breaks off"));
    CHECK_THAT(said_of("video,1,2\n"), ContainsSubstring("line 1: it is no JSON object"));
    CHECK_THAT(said_of("{\"reelpipe_manifest\":2}\n"), ContainsSubstring("its version is 2"));
    CHECK_THAT(said_of("{\"reelpipe_manifest\":1}\n{\"video\":5}\n"),
               ContainsSubstring("line 2: it does not describe"));
    const std::size_t second = text.find('\n') + 1, third = text.find('\n', second) + 1;
    CHECK_THAT(said_of(text.substr(0, third) + text.substr(second)), ContainsSubstring("not in their order"));
    CHECK(folders.diff(good, folders.site.folder / "none").status == 2);
    CHECK(folders.diff(good, good).status == 0);
}

TEST_CASE("a clip that cannot be read costs a manifest no other clip", "[manifest]")
{
    const two_folders folders;
    write_file(folders.first() / "l/video_000002_000004.mp4", "no video");

    const finished end = run({REELPIPE_BINARY, "manifest", folders.first().string()});

    CHECK(end.status == 1);
    const std::vector<json> lines = objects_in(end.out);
    REQUIRE(lines.size() == 5);
    CHECK(lines[2].contains("sha256"));
    CHECK_FALSE(lines[3].contains("sha256"));
    CHECK(lines[3].contains("unreadable"));
    CHECK(lines[4]["unreadable"] == 1);
}
