#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

using kinds = std::map<std::string, std::multiset<std::string>>;

// A folder of videos that others made, and a list of what is to be in it.
struct dataset {
    fs::path folder() const { return home / "data"; }

    fs::path add(const std::string& name, const std::string& video)
    {
        fs::create_directories((folder() / name).parent_path());
        fs::copy_file(fs::path(REELPIPE_TEST_MEDIA) / video, folder() / name);
        return folder() / name;
    }
    void want(const std::string& row) { rows += row + "\n"; }

    std::vector<std::string> list() const
    {
        write_file(home / "list.csv", rows);
        return {"--list", (home / "list.csv").string()};
    }
    finished verify(std::vector<std::string> more = {}) const
    {
        std::vector<std::string> words{REELPIPE_BINARY, "verify", folder().string()};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
    finished verify_list(std::vector<std::string> more = {}) const
    {
        const std::vector<std::string> named = list();
        more.insert(more.end(), named.begin(), named.end());
        return verify(more);
    }

    temp_folder home{};
    std::string rows = "label,youtube_id,time_start,time_end,split\n";
};

std::vector<json> lines_of(const finished& end)
{
    std::vector<json> all;
    std::istringstream lines(end.out);
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
    return all;
}

// What is said of each file.
kinds found_in(const finished& end, bool faults_only = true)
{
    kinds all;
    for (const json& one : lines_of(end))
        if (one["event"] == "file" && (one["fault"] == true || !faults_only))
            all[one["file"].get<std::string>()].insert(one["what"].get<std::string>());
    return all;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void flip_bits(const fs::path& file, std::size_t begin, std::size_t end)
{
    std::string content = read_file(file);
    for (std::size_t at = begin; at < end; ++at) content.at(at) = static_cast<char>(content.at(at) ^ 0xff);
    write_file(file, content);
}

void cut(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

}  // namespace

TEST_CASE("a folder of clips that others made is checked against its list, and left as it is", "[verify_dataset]")
{
    dataset data;
    data.want("a b,-irst,5,45,train");
    data.want("a b,ilent,0,20,train");
    data.want("c,matroska,30,45,validate");
    data.want("c,webm,30.5,45.5,validate");
    data.want("d,stream,30,45,test");
    data.add("train/a_b/-irst_000005_000045.mp4", "moov_first.mp4");
    data.add("train/a_b/ilent_0_20.mp4", "silent.mp4");
    data.add("val/matroska_30000_45000.mkv", "video.mkv");
    data.add("val/webm_30.500_45.500.WEBM", "video.webm");
    data.add("stream_000030_000045.ts", "video.ts");
    write_file(data.folder() / "labels.txt", "a b\n");
    write_file(data.folder() / "val/._matroska_30000_45000.mkv", "left by another system");

    const finished end = data.verify_list({"--verify", "full"});

    INFO(end.out << end.err);
    CHECK(end.status == 0);
    CHECK(end.err.empty());
    CHECK(
        says(end.out, "5 files, 5 of them fine (all frames and audio decoded), checked against 5 clips of the lists"));
    CHECK(says(end.out, "1 silent       without audio (only a note)"));
    CHECK(says(end.out, "2 other files not read"));
    std::size_t entries = 0;
    for ([[maybe_unused]] const auto& each : fs::recursive_directory_iterator(data.folder())) ++entries;
    CHECK(entries == 7 + 3);

    const finished part = data.verify_list({"--split", "val", "--json"});
    CHECK(part.status == 0);
    CHECK(lines_of(part).back()["clips"] == 2);
    CHECK(lines_of(part).back()["unlisted"] == 3);
}

TEST_CASE("a clip with two labels is looked for in the folder of each", "[verify_dataset]")
{
    dataset data;
    data.want("Run Fast,two,0,20,train");
    data.want("jump,two,0,20,train");
    data.want("jump,one,0,20,train");
    data.want("Run Fast,other,0,20,train");
    const fs::path two = data.add("train/run_fast/two_000000_000020.mp4", "silent.mp4");
    fs::create_directories(data.folder() / "train/jump");
    fs::create_hard_link(two, data.folder() / "train/jump/other_000000_000020.mp4");
    fs::create_directories(data.folder() / "clips");
    fs::create_hard_link(two, data.folder() / "clips/one_000000_000020.mp4");

    const finished end = data.verify_list({"--json"});

    INFO(end.out << end.err);
    CHECK(end.status == 1);
    CHECK(found_in(end) == kinds{{"Run Fast/other_000000_000020.mp4", {"missing"}},
                                 {"jump/two_000000_000020.mp4", {"missing"}},
                                 {"train/jump/other_000000_000020.mp4", {"mislabeled"}}});
    CHECK(says(end.out, "by the lists its folder is 'Run Fast'"));
}

TEST_CASE("labels that differ by signs only, or are missing, have folders of their own", "[verify_dataset]")
{
    dataset data;
    data.want("c,plain,0,20,train");
    data.want("c++,plus,0,20,train");
    data.want(",none,0,20,train");
    data.want("test,named,0,20,train");
    const fs::path one = data.add("c/plain_000000_000020.mp4", "silent.mp4");
    for (const char* const name : {"c++/plus_000000_000020.mp4", "test/none_000000_000020.mp4",
                                   "test/named_000000_000020.mp4", "c/plus_000000_000020.mp4"}) {
        fs::create_directories((data.folder() / name).parent_path());
        fs::create_hard_link(one, data.folder() / name);
    }
    const finished end = data.verify_list({"--json"});
    INFO(end.out << end.err);
    CHECK(found_in(end) == kinds{{"c/plus_000000_000020.mp4", {"mislabeled"}}});
}

TEST_CASE("each kind of fault of a file is named", "[verify_dataset]")
{
    dataset data;
    for (const char* id :
         {"gone", "cut", "mkv", "page", "audio", "index", "linked", "copy1", "copy2", "same1", "same2"})
        data.want(fmt::format("l,{},0,40,train", id));
    data.want("l,early,0,30,train");
    data.want("l,late,0,10,train");
    data.want("l,whole,0,5,train");
    data.want("l,whole,39,45,train");
    cut(data.add("cut_000000_000040.mp4", "moov_first.mp4"));
    cut(data.add("mkv_000000_000040.mkv", "video.mkv"));
    write_file(data.folder() / "page_000000_000040.mp4", "<html>not found</html>");
    data.add("audio_000000_000040.mp4", "audio_only.mp4");
    const fs::path index = data.add("index_000000_000040.mp4", "moov_first.mp4");
    const std::size_t box = read_file(index).find("stbl");
    flip_bits(index, box + 1, box + 2);
    fs::copy_file(fs::path(REELPIPE_TEST_MEDIA) / "moov_first.mp4", data.home / "outside.mp4");
    fs::create_symlink(data.home / "outside.mp4", data.folder() / "linked_000000_000040.mp4");
    data.add("copy1_000000_000040.mp4", "moov_last.mp4");
    data.add("copy2_000000_000040.mp4", "moov_last.mp4");
    fs::create_hard_link(data.add("same1_000000_000040.mp4", "moov_first.mp4"),
                         data.folder() / "same2_000000_000040.mp4");
    fs::create_directory(data.folder() / "by_name");
    fs::create_symlink("../same1_000000_000040.mp4", data.folder() / "by_name/same1_000000_000040.mp4");
    data.add("early_000000_000030.mp4", "silent.mp4");
    data.add("late_000000_000010.mp4", "hevc.mp4");
    data.add("v_whole.mp4", "fragments.mp4");
    data.add("holiday.mp4", "open_gop.mp4");
    write_file(data.folder() / "kQ3n5p7r9t0_000001_000011.mp4", "not read");

    const kinds expected{{"l/gone_000000_000040.mp4", {"missing"}},
                         {"l/linked_000000_000040.mp4", {"missing"}},
                         {"cut_000000_000040.mp4", {"truncated"}},
                         {"mkv_000000_000040.mkv", {"truncated"}},
                         {"page_000000_000040.mp4", {"no_video"}},
                         {"audio_000000_000040.mp4", {"no_video"}},
                         {"index_000000_000040.mp4", {"undecodable"}},
                         {"linked_000000_000040.mp4", {"unreadable"}},
                         {"copy2_000000_000040.mp4", {"duplicate"}},
                         {"early_000000_000030.mp4", {"too_short"}},
                         {"late_000000_000010.mp4", {"too_long"}},
                         {"v_whole.mp4", {"too_short"}},
                         {"holiday.mp4", {"misnamed"}}};
    const finished end = data.verify_list({"--json"});
    INFO(end.out << end.err);
    CHECK(end.status == 1);
    CHECK(found_in(end) == expected);
    const json last = lines_of(end).back();
    CHECK(last["against"] == "lists");
    CHECK(last["missing"] == 2);
    CHECK(last["unlisted"] == 1);
    CHECK(last["silent"] == 1);
    CHECK(last["files"] == 15);
    CHECK(last["fine"] == 4);  // a copy, three names of one file

    const finished text = data.verify_list();
    CHECK(text.status == 1);
    CHECK(says(text.out, "cut_000000_000040.mp4: the file ends before sample "));
    CHECK(says(text.out, "early_000000_000030.mp4: 20.15 s instead of 30.00 s; the source may end there"));
    CHECK(says(text.out, "copy2_000000_000040.mp4: its bytes are those of copy1_000000_000040.mp4; keep one"));
    CHECK_FALSE(says(text.out, "kQ3n5p7r9t0"));  // a note

    const finished table = data.verify_list({"--csv"});
    CHECK(table.status == 1);
    CHECK(table.out.starts_with("file,what,fault,message,remedy\n"));
    CHECK(says(table.out, "late_000000_000010.mp4,too_long,1,12.01 s instead of 10.00 s,\"cut it, or"));
    CHECK(says(table.out, "kQ3n5p7r9t0_000001_000011.mp4,unlisted,0,"));
    CHECK(says(table.err, "1 duplicate"));
}

TEST_CASE("damage inside of frames takes --verify full to be found", "[verify_dataset]")
{
    dataset data;
    const fs::path file = data.add("one_000000_000040.mp4", "moov_first.mp4");
    std::istringstream packets(output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                          "packet=pos", "-of", "csv=p=0", file.string()}));
    std::size_t first = 0, second = 0;
    packets >> first;
    packets.ignore(8, '\n');
    packets >> second;
    REQUIRE(second > 100);
    flip_bits(file, second + 6, second + 40);

    CHECK(data.verify().status == 0);
    CHECK(found_in(data.verify({"--verify", "full", "--json"})) == kinds{{"one_000000_000040.mp4", {"undecodable"}}});
}

TEST_CASE("without a list, a file's name says how long it is to be", "[verify_dataset]")
{
    dataset data;
    data.add("a/one_000030_000050.mp4", "silent.mp4");
    data.add("a/two_000030_000040.mp4", "hevc.mp4");
    data.add("b/three_30000_45000.mkv", "video.mkv");
    data.add("b/0000007.webm", "video.webm");

    const finished end = data.verify({"--json"});
    INFO(end.out << end.err);
    CHECK(end.status == 1);
    CHECK(found_in(end, false) == kinds{{"a/one_000030_000050.mp4", {"silent"}},
                                        {"a/two_000030_000040.mp4", {"too_long"}},
                                        {"b/0000007.webm", {"untimed"}}});
    CHECK(lines_of(end).back()["against"] == "nothing");

    CHECK(data.verify({"--tolerance", "2.5"}).status == 0);
    CHECK(data.verify({"--notes", "too_long,untimed,silent"}).status == 0);
    const finished strict = data.verify({"--notes", "too_long", "--json"});
    CHECK(found_in(strict) == kinds{{"a/one_000030_000050.mp4", {"silent"}}, {"b/0000007.webm", {"untimed"}}});
    CHECK(says(data.verify().out, "each for itself: there is no ledger and no --list"));
}

TEST_CASE("a check of files that cannot be made says why", "[verify_dataset]")
{
    dataset data;
    const finished no_folder = data.verify();
    CHECK(no_folder.status == 2);
    CHECK(says(no_folder.err, "no such folder"));

    data.add("one_000000_000040.mp4", "moov_first.mp4");
    const finished no_list = data.verify({"--split", "val"});
    CHECK(no_list.status == 2);
    CHECK(says(no_list.err, "--list"));
    const finished lost_list = data.verify({"--list", (data.home / "none.csv").string()});
    CHECK(lost_list.status == 2);
    CHECK(says(lost_list.err, "none.csv"));
    const finished kind = data.verify({"--notes", "quiet"});
    CHECK(kind.status == 2);
}

TEST_CASE("an empty folder has all clips of a list missing, and without a list there is nothing to check",
          "[verify_dataset]")
{
    dataset data;
    fs::create_directory(data.folder());
    data.want("l,one,0,10,train");
    CHECK(found_in(data.verify_list({"--json"})) == kinds{{"l/one_000000_000010.mp4", {"missing"}}});
    const finished end = data.verify();
    CHECK(end.status == 2);
    CHECK(says(end.err, "there is no video in it"));
}
