// `reelpipe report --csv FILE --jsonl FILE`: a row for each clip.
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "kinetics_site.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using reelpipe::test::finished;
using reelpipe::test::frames_in;
using reelpipe::test::kinetics_site;
using reelpipe::test::output_of;
using reelpipe::test::read_file;
using reelpipe::test::run;

namespace {

// A folder with clips of labels and ids that a spreadsheet would take for formulas.
struct labelled_folder {
    labelled_folder()
    {
        site.add("video");
        site.add("-minus", "silent.mp4");
        const std::string list = site.list(
            "youtube_id,time_start,time_end,label,split\n"
            "video,2,4,\"=1+1, \"\"x\"\"\",train\n"
            "-minus,1.5,3,@home,validate\n"
            "video,38,44,'quoted',train\n"
            "dead,1,2,plain,test\n"
            "video,5,6,,test\n");
        const finished end = run(site.download(list, {"--source", site.url_template()}));
        INFO(end.err);
        REQUIRE(end.status == 1);
    }

    finished report(std::vector<std::string> more) const
    {
        std::vector<std::string> words{REELPIPE_BINARY, "report", site.output().string()};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    kinetics_site site{};
};

std::map<std::string, json> rows_by_id(const std::string& lines)
{
    std::map<std::string, json> rows;
    std::istringstream all(lines);
    for (std::string line; std::getline(all, line);) {
        json row = json::parse(line);
        rows[row["id"].get<std::string>()] = row;
    }
    return rows;
}

// Reads the table as the documentation says it can be read.
constexpr const char* read_table = R"(
import csv, json, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    print(json.dumps({k: v[1:] if v.startswith("'") else v for k, v in row.items()}))
)";

}  // namespace

TEST_CASE("report --jsonl has a row for each clip, with what the ledger knows of it", "[clip_table]")
{
    const labelled_folder folder;

    const finished printed = folder.report({"--jsonl", "-"});

    REQUIRE(printed.status == 0);
    auto rows = rows_by_id(printed.out);
    REQUIRE(rows.size() == 5);
    const json& stored = rows["-minus_000001.5_000003"];
    CHECK(stored["label"] == "@home");
    CHECK(stored["label_index"] == 2);
    CHECK(stored["split"] == "validate");
    CHECK(stored["start"] == 1.5);
    CHECK(stored["outcome"] == "stored");
    CHECK(stored["reason"] == nullptr);
    CHECK(stored["file"] == "@home/-minus_000001.5_000003.mp4");
    CHECK(stored["bytes"] == fs::file_size(folder.site.output() / stored["file"].get<std::string>()));
    CHECK(stored["frames"] == frames_in(folder.site.output() / stored["file"].get<std::string>()));
    CHECK(stored["codec"] == "h264");
    CHECK(stored["width"] == 320);
    CHECK(stored["audio"] == false);
    CHECK(stored["packets"] == stored["frames"]);
    CHECK(stored["source"] == "MP4, h264 320x180, 29.97 fps");
    CHECK(stored["sha256"] == nullptr);
    CHECK(rows["video_000038_000044"]["missing_s"] > 3.5);
    CHECK(rows["video_000005_000006"]["label_index"] == nullptr);
    const json& failed = rows["dead_000001_000002"];
    CHECK(failed["outcome"] == "failed");
    CHECK(failed["reason"] == "gone");
    CHECK(failed["file"] == nullptr);
    CHECK(failed["label_index"] == 3);
}

TEST_CASE("report --csv is a table without formulas, from which every text can be had again", "[clip_table]")
{
    const labelled_folder folder;
    const fs::path csv = folder.site.folder / "clips.csv", jsonl = folder.site.folder / "clips.jsonl";

    const finished end = folder.report({"--csv", csv.string(), "--jsonl", jsonl.string()});

    CHECK(end.status == 0);
    CHECK(end.out.find("4 clips stored") != std::string::npos);  // the summary is printed as well
    std::istringstream lines(read_file(csv));
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        for (const char* formula : {",=", ",@", ",-", ",\"="}) CHECK(line.find(formula) == std::string::npos);
        CHECK(line.front() != '-');
    }
    auto table = rows_by_id(output_of({"python3", "-c", read_table, csv.string()})),
         rows = rows_by_id(read_file(jsonl));
    REQUIRE(table.size() == rows.size());
    for (const auto& [id, row] : rows) {
        CAPTURE(id);
        REQUIRE(table[id].size() == row.size());
        for (const auto& [name, value] : row.items()) {
            CAPTURE(name);
            CHECK(table[id][name] == (value.is_null()     ? ""
                                      : value.is_string() ? value.get<std::string>()
                                                          : value.dump()));
        }
    }
}

TEST_CASE("report --hashes reads the clips, and tells which it could not read", "[clip_table]")
{
    const labelled_folder folder;
    const fs::path whole = folder.site.output() / "@home/-minus_000001.5_000003.mp4";
    fs::remove(folder.site.output() / "test/video_000005_000006.mp4");

    const finished end = folder.report({"--jsonl", "-", "--hashes"});

    CHECK(end.status == 1);
    CHECK_THAT(end.err, Catch::Matchers::ContainsSubstring("1 clip is missing or damaged"));
    auto rows = rows_by_id(end.out);
    REQUIRE(rows.size() == 5);
    const json& stored = rows["-minus_000001.5_000003"];
    CHECK(output_of({"sha256sum", whole.string()}).starts_with(stored["sha256"].get<std::string>()));
    CHECK(stored["video_sha256"].get<std::string>().size() == 64);
    CHECK(stored["packets"] == stored["frames"]);
    CHECK(rows["video_000005_000006"]["sha256"] == nullptr);
    CHECK(folder.report({"--hashes"}).status == 2);
}

TEST_CASE("a table that cannot be written leaves no half of one", "[clip_table]")
{
    const labelled_folder folder;
    const finished nowhere = folder.report({"--csv", (folder.site.folder / "none/clips.csv").string()});
    CHECK(nowhere.status == 2);
    CHECK(nowhere.err.find("No such file or directory") != std::string::npos);
    CHECK(run({REELPIPE_BINARY, "report", folder.site.folder.path().string(), "--csv", "-"}).status == 2);
}
