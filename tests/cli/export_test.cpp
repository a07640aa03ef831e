// `reelpipe export`: the clips of a folder in the layouts of trainers.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/sanitizer.hpp"
#include "support/small_disk.hpp"

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using reelpipe::test::comes_true;
using reelpipe::test::finished;
using reelpipe::test::frames_in;
using reelpipe::test::kinetics_site;
using reelpipe::test::many_clips;
using reelpipe::test::output_of;
using reelpipe::test::process;
using reelpipe::test::read_file;
using reelpipe::test::run;
using reelpipe::test::write_file;

namespace {

constexpr const char* debian_python = "/usr/bin/python3";  // has Debian's packages
constexpr const char* split_columns = "youtube_id,time_start,time_end,label,split\n";

struct exported_folder {
    explicit exported_folder(const std::string& rows) { download(rows); }

    void download(const std::string& rows, const char* columns = split_columns)
    {
        if (!fs::exists(site.folder / "media/silent.mp4")) {
            site.add("silent", "silent.mp4");
            site.add("video");
        }
        const finished end = run(site.download(site.list(columns + rows), {"--source", site.url_template()}));
        INFO(end.err);
        REQUIRE(end.status == 0);
    }

    finished give(const std::string& layout, std::vector<std::string> more = {}) const
    {
        return give_to(out(), layout, std::move(more));
    }

    finished give_to(const fs::path& output, const std::string& layout, std::vector<std::string> more = {}) const
    {
        std::vector<std::string> words{REELPIPE_BINARY, "export", site.output().string(), "--layout",
                                       layout,          "-o",     output.string()};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    fs::path out() const { return site.folder / "out"; }

    kinetics_site site{};
};

// The names of all files below a folder.
std::set<std::string> files_in(const fs::path& folder)
{
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (!entry.is_directory()) names.insert(fs::relative(entry.path(), folder).string());
    return names;
}

struct stat status_of_file(const fs::path& file)
{
    struct stat facts{};
    REQUIRE(stat(file.c_str(), &facts) == 0);
    return facts;
}

json labels_in(const fs::path& output) { return json::parse(read_file(output / "labels.json")); }

// The clip ids of a tar file, as Python's tarfile and webdataset's rules for keys have them.
constexpr const char* read_shard = R"(
import json, sys, tarfile
for name in sys.argv[1:]:
    samples = {}
    with tarfile.open(name) as tar:
        for member in tar:
            key, kind = member.name.split(".", 1)
            samples.setdefault(key, {})[kind] = tar.extractfile(member).read()
    for sample in samples.values():
        assert set(sample) == {"mp4", "json"} and sample["mp4"][4:8] == b"ftyp"
        print(json.loads(sample["json"])["id"], json.loads(sample["json"])["label_index"], len(sample["mp4"]))
)";

std::multiset<std::string> clips_in_shards(const fs::path& folder)
{
    std::vector<std::string> words{"python3", "-c", read_shard};
    for (const std::string& name : files_in(folder))
        if (name.ends_with(".tar")) {
            words.push_back((folder / name).string());
            const finished listed = run({"tar", "-tf", words.back()});
            INFO(listed.err);
            CHECK(listed.status == 0);
            CHECK(listed.err.empty());
        }
    std::multiset<std::string> clips;
    std::istringstream lines(output_of(words));
    for (std::string line; std::getline(lines, line);) clips.insert(line.substr(0, line.find(' ')));
    return clips;
}

const std::string two_labels =
    "silent,1,2,a (b) c,train\n"
    "silent,3,4,d,train\n"
    "silent,5,6,d,validation\n"
    "silent,7,8,,test\n";

}  // namespace

TEST_CASE("export gives clips the names and lists of each trainer", "[export]")
{
    const exported_folder folder(two_labels);
    const std::string s = "silent_00000";

    SECTION("torchvision")
    {
        const finished end = folder.give("torchvision");
        CHECK(end.status == 0);
        CHECK(files_in(folder.out()) ==
              std::set<std::string>{"labels.json", "train/a_b_c/" + s + "1_000002.mp4", "train/d/" + s + "3_000004.mp4",
                                    "val/d/" + s + "5_000006.mp4", "test/_unlabelled/" + s + "7_000008.mp4"});
        CHECK(labels_in(folder.out()) == json{{{"index", 0}, {"label", "a (b) c"}, {"folder", "a_b_c"}},
                                              {{"index", 1}, {"label", "d"}, {"folder", "d"}}});
        CHECK_THAT(end.out, ContainsSubstring("4 clips: 4 linked, 0 there before; 0 missing, 0 not replaced"));
    }
    SECTION("mmaction2")
    {
        CHECK(folder.give("mmaction2").status == 0);
        CHECK(read_file(folder.out() / "train_list_videos.txt") ==
              "a_(b)_c/" + s + "1_000002.mp4 0\nd/" + s + "3_000004.mp4 1\n");
        CHECK(read_file(folder.out() / "val_list_videos.txt") == "d/" + s + "5_000006.mp4 1\n");
        CHECK(read_file(folder.out() / "label_map.txt") == "a (b) c\nd\n");
        CHECK(fs::exists(folder.out() / ("videos_train/a_(b)_c/" + s + "1_000002.mp4")));
    }
    SECTION("slowfast")
    {
        CHECK(folder.give("slowfast").status == 0);
        CHECK(read_file(folder.out() / "train.csv") ==
              "train/a_(b)_c/" + s + "1_000002.mp4 0\ntrain/d/" + s + "3_000004.mp4 1\n");
        CHECK(read_file(folder.out() / "test.csv") == "test/_unlabelled/" + s + "7_000008.mp4 -1\n");
        CHECK(fs::exists(folder.out() / ("train/a_(b)_c/" + s + "1_000002.mp4")));
    }
    SECTION("fiftyone")
    {
        CHECK(folder.give("fiftyone").status == 0);
        CHECK(files_in(folder.out()).contains("validation/d/" + s + "5_000006.mp4"));
        CHECK(files_in(folder.out()).contains("train/a (b) c/" + s + "1_000002.mp4"));
        CHECK(files_in(folder.out()).contains("test/_unlabeled/" + s + "7_000008.mp4"));
    }
    SECTION("flat")
    {
        CHECK(folder.give("flat").status == 0);
        CHECK(files_in(folder.out()).contains("val/" + s + "5_000006.mp4"));
        CHECK(read_file(folder.out() / "annotations/train.csv") ==
              "label,youtube_id,time_start,time_end,split\n"
              "\"a (b) c\",\"silent\",1,2,\"train\"\n\"d\",\"silent\",3,4,\"train\"\n");
    }
    SECTION("activitynet")
    {
        CHECK(folder.give("activitynet").status == 0);
        CHECK(files_in(folder.out()) == std::set<std::string>{"labels.json", "a (b) c/" + s + "1_000002.mp4",
                                                              "d/" + s + "3_000004.mp4", "d/" + s + "5_000006.mp4",
                                                              "test/" + s + "7_000008.mp4"});
    }
}

TEST_CASE("a download gives its clips a layout when it has ended", "[export]")
{
    kinetics_site site;
    site.add("silent", "silent.mp4");
    const std::string list = site.list(split_columns + two_labels + "gone,1,2,d,train\n");
    const auto download = [&](const fs::path& output) {
        return run(site.download(list, {"--source", site.url_template(), "--cut", "lossless", "--layout", "webdataset",
                                        "--layout-output", output.string()}));
    };
    CHECK(download(site.output() / "shards").status == 2);
    CHECK(run(site.download(list, {"--source", site.url_template(), "--layout", "webdataset"})).status == 2);
    CHECK_FALSE(fs::exists(site.output()));

    const fs::path out = site.folder / "shards";
    const finished end = download(out);
    INFO(end.err);
    CHECK(end.status == 1);
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("4 clips: 4 packed into 3 shards"));
    CHECK(clips_in_shards(out).size() == 4);
    CHECK_THAT(download(out).out, Catch::Matchers::ContainsSubstring("4 there before"));

    const std::string without_split = site.list("youtube_id,time_start,time_end,label\nsilent,1,2,d\n");
    const fs::path trees = site.folder / "trees";
    CHECK(
        run(site.download(without_split, {"--source", site.url_template(), "--cut", "lossless", "--layout",
                                          "torchvision", "--layout-output", trees.string(), "--default-split", "val"}))
            .status == 0);
    CHECK(fs::exists(trees / "val/d/silent_000001_000002.mp4"));
}

TEST_CASE("trainers load what was exported: all clips with their indices and frames", "[export]")
{
    const exported_folder folder("silent,1,2,a b,train\nsilent,3,4.5,c,train\nsilent,5,6,c,val\n");
    const std::string wanted =
        fmt::format("clip 0 {}\nclip 1 {}\n", frames_in(folder.site.output() / "a b/silent_000001_000002.mp4"),
                    frames_in(folder.site.output() / "c/silent_000003_000004.5.mp4"));
    for (const std::string layout : {"slowfast", "mmaction2", "webdataset", "torchvision"}) {
        CAPTURE(layout);
        const std::string library = layout == "torchvision" ? "torchvision" : "av";
        if (run({debian_python, "-c", "import " + library}).status != 0) {
            WARN(layout << " is not tried: Python has no " << library);
            continue;
        }
        const fs::path out = folder.site.folder / layout;
        CHECK(folder.give_to(out, layout).status == 0);
        const finished loaded =
            run({debian_python, std::string(REELPIPE_TESTS_SUPPORT) + "/trainers.py", layout, out.string(), "train"});
        INFO(loaded.err);
        CHECK(loaded.status == 0);
        std::string clips;
        std::istringstream lines(loaded.out);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("clip ")) clips += line + '\n';
        CHECK(clips == wanted);
    }
}

TEST_CASE("an exported clip is a hard link, or on another file system a copy, and the export says which", "[export]")
{
    const exported_folder folder("silent,1,2,l,train\n");
    const std::string name = "train/l/silent_000001_000002.mp4";
    const fs::path stored = folder.site.output() / "l/silent_000001_000002.mp4";

    REQUIRE(folder.give("slowfast").status == 0);
    CHECK(status_of_file(folder.out() / name).st_ino == status_of_file(stored).st_ino);

    reelpipe::test::small_disk disk(16 << 20);
    if (!disk.mounted()) {
        WARN("no other file system: only root can mount one");
        return;
    }
    const fs::path elsewhere = disk.path() / "out";
    const finished end = folder.give_to(elsewhere, "slowfast");
    CHECK(end.status == 0);
    CHECK(read_file(elsewhere / name) == read_file(stored));
    CHECK(files_in(elsewhere) == std::set<std::string>{"labels.json", "train.csv", name});
    CHECK_THAT(end.out, ContainsSubstring("1 copied, because"));
    CHECK_THAT(folder.give_to(elsewhere, "slowfast").out, ContainsSubstring("1 there before"));
}

TEST_CASE("labels and splits are data: no name of theirs leads out of the output or breaks a list", "[export]")
{
    const exported_folder folder(
        "silent,1,2,../../up,train\n"
        "silent,2,3,/etc,train\n"
        "silent,3,4,..,../../x\n"
        "silent,4,5,a b,train\n"
        "silent,5,6,a_b,train\n"
        "silent,6,7,\"a\tb\x01\xe2\x80\xa8 c\",tr ain\n"
        "silent,7,8,_unlabelled,train\n"
        "silent,8,9,,train\n"
        "silent,9,10,'(),train\n");

    for (const char* layout :
         {"activitynet", "torchvision", "mmaction2", "slowfast", "fiftyone", "flat", "webdataset"}) {
        CAPTURE(layout);
        const fs::path out = folder.site.folder / layout / "deep" / "out";
        const finished end = folder.give_to(out, layout);
        INFO(end.err);
        CHECK(end.status == 0);
        CHECK(files_in(folder.site.folder / layout).size() == files_in(out).size());
        if (std::string(layout) == "webdataset") continue;
        std::size_t clips = 0;
        for (const std::string& name : files_in(out)) clips += name.ends_with(".mp4") ? 1 : 0;
        CHECK(clips == 9);
        const json labels = labels_in(out);
        std::set<std::string> folders;
        for (const json& each : labels) folders.insert(each["folder"]);
        CHECK(folders.size() == labels.size());
    }
    std::istringstream lines(read_file(folder.site.folder / "slowfast/deep/out/train.csv"));
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(std::ranges::count(line, ' ') == 1);
        CHECK(fs::exists(folder.site.folder / "slowfast/deep/out" / line.substr(0, line.find(' '))));
    }
}

TEST_CASE("an export goes on: later clips are added, and no foreign file is replaced", "[export]")
{
    exported_folder folder("silent,1,2,a,train\nsilent,3,4,b,train\n");
    REQUIRE(folder.give("slowfast").status == 0);
    const std::string first_list = read_file(folder.out() / "train.csv");

    folder.download("silent,1,2,a,train\nsilent,2,3,b,train\nsilent,3,4,b,train\n");
    write_file(folder.out() / "train/b/silent_000003_000004.mp5", "of somebody else");
    CHECK_THAT(folder.give("slowfast").out, ContainsSubstring("3 clips: 1 linked, 2 there before"));
    CHECK(read_file(folder.out() / "train.csv") ==
          "train/a/silent_000001_000002.mp4 0\n"
          "train/b/silent_000002_000003.mp4 1\n"
          "train/b/silent_000003_000004.mp4 1\n");

    SECTION("a foreign file under the name of a clip")
    {
        const fs::path name = folder.out() / "train/b/silent_000002_000003.mp4";
        fs::remove(name);
        write_file(name, "of somebody else");
        const finished end = folder.give("slowfast");
        CHECK(end.status == 1);
        CHECK_THAT(end.err, ContainsSubstring(name.string() + " is another file than the clip"));
        CHECK(read_file(name) == "of somebody else");
    }
    SECTION("a foreign list")
    {
        write_file(folder.out() / "train.csv", first_list + "mine.mp4 0\n");
        const finished end = folder.give("slowfast");
        CHECK(end.status == 1);
        CHECK_THAT(end.err, ContainsSubstring("train.csv has lines that this export does not have"));
        CHECK(read_file(folder.out() / "train.csv") == first_list + "mine.mp4 0\n");
    }
    SECTION("a foreign label map")
    {
        write_file(folder.out() / "labels.json", "{}");
        CHECK(folder.give("slowfast").status == 2);
        CHECK(read_file(folder.out() / "labels.json") == "{}");
    }
    SECTION("a clip that is not there")
    {
        fs::remove(folder.site.output() / "a/silent_000001_000002.mp4");
        const finished end = folder.give_to(folder.site.folder / "other", "slowfast");
        CHECK(end.status == 1);
        CHECK_THAT(end.err, ContainsSubstring("silent_000001_000002 has no file as it was stored"));
        CHECK_THAT(end.out, ContainsSubstring("2 linked, 0 there before; 1 missing"));
        CHECK_THAT(read_file(folder.site.folder / "other/train.csv"), !ContainsSubstring("train/a/"));
    }
}

TEST_CASE("the indices of labels are explicit, and never change in an output", "[export]")
{
    exported_folder folder("silent,1,2,b,train\n");
    const fs::path map = folder.site.folder / "map.txt";
    write_file(map, "z\nb\na\n");

    REQUIRE(folder.give("slowfast", {"--label-map", map.string()}).status == 0);
    CHECK(read_file(folder.out() / "train.csv") == "train/b/silent_000001_000002.mp4 1\n");
    folder.download("silent,1,2,b,train\nsilent,3,4,a,train\n");
    CHECK(folder.give("slowfast").status == 0);  // goes by labels.json
    CHECK_THAT(read_file(folder.out() / "train.csv"), ContainsSubstring("train/a/silent_000003_000004.mp4 2\n"));

    folder.download("silent,5,6,new,train\n");
    const finished end = folder.give("slowfast");
    CHECK(end.status == 2);
    CHECK_THAT(end.err, ContainsSubstring("the label 'new' has no index"));
    write_file(map, "b\na\nnew\n");
    CHECK(folder.give("slowfast", {"--label-map", map.string()}).status == 2);
    CHECK(folder.give_to(folder.site.folder / "fresh", "slowfast", {"--label-map", map.string()}).status == 0);
}

TEST_CASE("an export that cannot be right is refused before anything is made", "[export]")
{
    exported_folder folder("silent,1,2,l,train\n");
    folder.download("silent,3,4,l\n", reelpipe::test::columns);

    const finished no_split = folder.give("torchvision");
    CHECK(no_split.status == 2);
    CHECK_THAT(no_split.err, ContainsSubstring("silent_000003_000004") && ContainsSubstring("--default-split train"));
    CHECK_FALSE(fs::exists(folder.out()));
    CHECK(folder.give("torchvision", {"--default-split", "validation"}).status == 0);
    CHECK(fs::exists(folder.out() / "val/l/silent_000003_000004.mp4"));
    CHECK(fs::exists(folder.out() / "train/l/silent_000001_000002.mp4"));

    const finished inside = folder.give_to(folder.site.output() / "out", "flat");
    CHECK(inside.status == 2);
    CHECK_THAT(inside.err, ContainsSubstring("is in the folder of the clips"));
    CHECK_FALSE(fs::exists(folder.site.output() / "out"));
    const finished no_ledger = run(
        {REELPIPE_BINARY, "export", folder.out().string(), "--layout", "flat", "-o", (folder.out() / "x").string()});
    CHECK(no_ledger.status == 2);
}

TEST_CASE("torchvision's own numbering of folders is told where it is another one", "[export]")
{
    exported_folder folder("silent,1,2,skiing (not slalom),train\nsilent,2,3,skiing crosscountry,train\n");
    const finished end = folder.give("torchvision");
    CHECK(end.status == 0);
    CHECK_THAT(end.err, ContainsSubstring("torchvision numbers"));

    folder.download("silent,1,2,a,val\n");
    const finished fewer = folder.give_to(folder.site.folder / "fewer", "torchvision");
    CHECK_THAT(fewer.err, ContainsSubstring("torchvision numbers"));
}

TEST_CASE("webdataset shards hold the clips, are never half there, and grow by further shards", "[export]")
{
    exported_folder folder(two_labels + "silent,9,10.5,d,train\n");

    const finished end = folder.give("webdataset", {"--shard-clips", "2"});

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, ContainsSubstring("5 packed into 4 shards"));
    CHECK(files_in(folder.out()) == std::set<std::string>{"labels.json", "train-000000.tar", "train-000001.tar",
                                                          "val-000000.tar", "test-000000.tar"});
    CHECK(clips_in_shards(folder.out()) == std::multiset<std::string>{"silent_000001_000002", "silent_000003_000004",
                                                                      "silent_000005_000006", "silent_000007_000008",
                                                                      "silent_000009_000010.5"});
    for (const std::string tar : {"tar", "bsdtar"}) {
        CAPTURE(tar);
        if (run({"sh", "-c", "command -v " + tar}).status != 0) {
            WARN(tar + " is not here");
            continue;
        }
        const fs::path unpacked = folder.site.folder / ("unpacked by " + tar);
        fs::create_directories(unpacked);
        output_of({tar, "-xf", (folder.out() / "train-000000.tar").string(), "-C", unpacked.string()});
        CHECK(read_file(unpacked / "000000_000000.mp4") ==
              read_file(folder.site.output() / "a (b) c/silent_000001_000002.mp4"));
        CHECK(json::parse(read_file(unpacked / "000000_000000.json"))["label_index"] == 0);
    }

    SECTION("the same again packs nothing")
    {
        CHECK_THAT(folder.give("webdataset", {"--shard-clips", "2"}).out, ContainsSubstring("5 clips: 5 there before"));
        CHECK(files_in(folder.out()).size() == 5);
    }
    SECTION("later clips")
    {
        folder.download("silent,11,12,d,train\n");
        CHECK(folder.give("webdataset").status == 0);
        CHECK(fs::exists(folder.out() / "train-000002.tar"));
        CHECK(clips_in_shards(folder.out()).size() == 6);
    }
    SECTION("a foreign file under a shard's name")
    {
        write_file(folder.out() / "train-000007.tar", "no tar");
        const finished refused = folder.give("webdataset");
        CHECK(refused.status == 2);
        CHECK_THAT(refused.err, ContainsSubstring("train-000007.tar: it is no shard"));
        CHECK(read_file(folder.out() / "train-000007.tar") == "no tar");
    }
    SECTION("a size in bytes")
    {
        const fs::path small = folder.site.folder / "small";
        CHECK(folder.give_to(small, "webdataset", {"--shard-bytes", "1"}).status == 0);
        CHECK(clips_in_shards(small).size() == 5);
        CHECK(fs::exists(small / "train-000002.tar"));
    }
}

TEST_CASE("an export that is killed leaves whole shards only, and the next one goes on", "[export]")
{
    const many_clips data;
    REQUIRE(run(data.command(data.site.output())).status == 0);
    const fs::path out = data.site.folder / "out";
    const std::vector<std::string> words{REELPIPE_BINARY, "export",        data.site.output().string(),
                                         "--layout",      "webdataset",    "-o",
                                         out.string(),    "--shard-clips", "1"};
    {
        process first(words);
        REQUIRE(comes_true([&] { return first.errors_so_far().find("clips-000003.tar") != std::string::npos; }));
        first.signal(SIGKILL);
        first.wait();
    }
    const std::multiset<std::string> packed = clips_in_shards(out);
    CHECK(packed.size() >= 4);

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_in_shards(out).size() == many_clips::clips);
    CHECK_FALSE(fs::exists(out / ".reelpipe-export"));
}

TEST_CASE("a disk that is full ends an export, and nothing half is left", "[export]")
{
    const exported_folder folder("video,1,3,l,train\nvideo,4,6,l,train\n");
    reelpipe::test::small_disk disk(64 << 10);
    if (!disk.mounted()) {
        WARN("no small disk: only root can have one");
        return;
    }
    const finished end = folder.give_to(disk.path() / "out", "webdataset");
    // libarchive 3.6 keeps 10 KB of a tar that could not be written, for which LeakSanitizer has a status of its own.
    if (!reelpipe::test::sanitized) CHECK(end.status == 3);
    CHECK_THAT(end.err, ContainsSubstring("No space left on device") && ContainsSubstring("run it again to go on"));
    CHECK(files_in(disk.path()) == std::set<std::string>{"out/labels.json"});

    disk.resize(16 << 20);
    CHECK(folder.give_to(disk.path() / "out", "webdataset").status == 0);
    CHECK(clips_in_shards(disk.path() / "out").size() == 2);
}
