#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "many_clips.hpp"
#include "support/catch.hpp"

using namespace reelpipe::test;
namespace fs = std::filesystem;

namespace {

// Archives of clips and videos, and runs that read them.
struct packed {
    packed() { fs::create_directories(files()); }

    void add(const std::string& name, const std::string& media = "silent.mp4") const
    {
        fs::create_directories((files() / name).parent_path());
        fs::copy_file(fs::path(REELPIPE_TEST_MEDIA) / media, files() / name);
    }
    // The clip of [start, start + 2) of a video.
    void add_clip(const std::string& name, int start) const
    {
        fs::create_directories((files() / name).parent_path());
        output_of({"ffmpeg", "-v", "error", "-ss", std::to_string(start), "-i",
                   (fs::path(REELPIPE_TEST_MEDIA) / "moov_first.mp4").string(), "-t", "2", "-c:v", "libx264", "-preset",
                   "ultrafast", "-c:a", "copy", (files() / name).string()});
    }
    // Packs all that was added, in the order of the names, and forgets it.
    fs::path pack(const std::string& name) const
    {
        const std::string archive = folder / name;
        output_of(
            {"python3", "-c",
             "import pathlib, subprocess, sys, tarfile, zipfile\n"
             "archive, files = sys.argv[1], pathlib.Path(sys.argv[2])\n"
             "names = sorted(f.relative_to(files) for f in files.rglob('*') if f.is_file())\n"
             "if archive.endswith('.zip'):\n"
             "    with zipfile.ZipFile(archive, 'w') as z:\n"
             "        for n in names: z.write(files / n, n)\n"
             "else:\n"
             "    kind = archive.rsplit('.', 1)[1]\n"
             "    plain = archive if kind == 'zst' else None\n"
             "    mode = {'tar': 'w', 'gz': 'w:gz', 'xz': 'w:xz', 'zst': 'w'}[kind]\n"
             "    with tarfile.open(archive, mode) as t:\n"
             "        for n in names: t.add(files / n, n)\n"
             "    if plain:\n"
             "        packed = subprocess.run(['zstd', '-q', '-c', archive], capture_output=True, check=True).stdout\n"
             "        pathlib.Path(archive).write_bytes(packed)\n",
             archive, files().string()});
        fs::remove_all(files());
        fs::create_directories(files());
        return archive;
    }

    std::vector<std::string> command(const std::string& rows, const std::string& pattern,
                                     const std::vector<std::string>& more = {}) const
    {
        write_file(folder / "list.csv", columns + rows);
        std::vector<std::string> words{REELPIPE_BINARY,
                                       "download",
                                       folder / "list.csv",
                                       "-o",
                                       output(),
                                       "--source",
                                       "archive:" + (folder / pattern).string(),
                                       "--cut",
                                       "lossless"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    nlohmann::json report() const { return nlohmann::json::parse(read_file(output() / "download_report.json")); }
    fs::path files() const { return folder / "files"; }
    fs::path output() const { return folder / "clips"; }

    temp_folder folder{};
};

}  // namespace

TEST_CASE("clips are made from archives, in whatever order and compression they come", "[archive]")
{
    const packed set;
    const std::string ending = GENERATE("tar", "tar.gz", "tar.xz", "zip", "tar.zst");
    if (ending == "tar.zst" && run({"sh", "-c", "command -v zstd"}).status != 0) SKIP("there is no zstd here");
    set.add_clip("k400/val/video_000003_000005.mp4", 3);
    set.add("readme.txt");
    set.add("k400/whole.mp4");
    const std::string clip = read_file(set.files() / "k400/val/video_000003_000005.mp4");
    set.pack("a." + ending);
    set.add("v_early.mp4");
    set.add_clip("video_000020_000022.mp4", 20);
    set.add("not_wanted.mp4");
    set.pack("b." + ending);

    const std::string rows =
        "early,1,2,l\nvideo,3,5,l\nvideo,3,5,m\nvideo,20.5,21.5,l\nvideo,8,9,l\nwhole,4,5,l\nwhole,8,9,l\n";
    const finished end = run(set.command(rows, "*." + ending));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(clips_of(set.output()).size() == 6);
    CHECK(read_file(set.output() / "m/video_000003_000005.mp4") == clip);
    CHECK(frames_in(set.output() / "l/video_000020.5_000021.5.mp4") == 30);
    CHECK(set.report()[4][2].get<std::string>().starts_with("gone: "));
    CHECK(fs::is_empty(set.output() / ".reelpipe/tmp"));

    const auto before = clips_of(set.output());
    const finished again = run(set.command(rows, "*." + ending));
    CHECK(again.status == 1);
    CHECK(clips_of(set.output()) == before);
}

TEST_CASE("a damaged archive fails no video: what it may hold is pending until the archive is whole", "[archive]")
{
    const packed set;
    std::string rows;
    for (int v = 0; v < 4; ++v) {
        set.add(fmt::format("video{}.mp4", v));
        rows += fmt::format("video{},1,2,l\n", v);
    }
    const std::string archive = set.pack("a.tar.gz");
    set.add("other.mp4");
    set.pack("b.tar.gz");
    const std::string whole = read_file(archive);
    std::string bad = whole;
    std::string what;
    std::size_t made = 0;
    SECTION("it breaks off")
    {
        bad.resize(bad.size() / 2);
        made = 2;
    }
    SECTION("a byte of it is wrong, which nothing but the checksum tells")
    {
        bad[bad.size() - 6] = static_cast<char>(bad[bad.size() - 6] ^ 1);
        made = 4;
    }
    SECTION("it is none")
    {
        bad = "<html>";
        made = 1;
    }
    write_file(archive, bad);

    const finished end = run(set.command(rows + "other,1,2,l\nnowhere,1,2,l\n", "*.tar.gz"));

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, "a.tar.gz: "));
    CHECK(says(end, " 0 failed"));
    CHECK(clips_of(set.output()).size() >= made);
    CHECK(fs::exists(set.output() / "l/other_000001_000002.mp4"));

    write_file(archive, whole);
    const finished again = run(set.command(rows + "other,1,2,l\n", "*.tar.gz"));
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(clips_of(set.output()).size() == 5);
}

TEST_CASE("members are regular files below the archive's folder", "[archive]")
{
    const packed set;
    const std::string archive = set.folder / "hostile.tar";
    write_file(set.folder / "secret.mp4", read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4"));
    output_of({"python3", "-c",
               "import io, sys, tarfile\n"
               "video = open(sys.argv[2], 'rb').read()\n"
               "with tarfile.open(sys.argv[1], 'w') as t:\n"
               "    for name in ['../above.mp4', 'a/../../inner.mp4', '/absolute.mp4', 'good.mp4']:\n"
               "        info = tarfile.TarInfo(name); info.size = len(video); t.addfile(info, io.BytesIO(video))\n"
               "    for name, kind in [('soft.mp4', tarfile.SYMTYPE), ('hard.mp4', tarfile.LNKTYPE),\n"
               "                       ('fifo.mp4', tarfile.FIFOTYPE), ('folder.mp4', tarfile.DIRTYPE)]:\n"
               "        info = tarfile.TarInfo(name); info.type = kind; info.linkname = sys.argv[2]; t.addfile(info)\n",
               archive, set.folder / "secret.mp4"});
    std::string rows;
    for (const char* id : {"above", "inner", "absolute", "soft", "hard", "fifo", "folder", "good"})
        rows += fmt::format("{},1,2,l\n", id);

    const finished end = run(set.command(rows, "hostile.tar"));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(clips_of(set.output()).size() == 1);
    CHECK(fs::exists(set.output() / "l/good_000001_000002.mp4"));
    CHECK_FALSE(fs::exists(set.folder.path().parent_path() / "above.mp4"));
}

TEST_CASE("links in an archive stand for the members that they lead to", "[archive]")
{
    const packed set;
    const std::string archive = set.folder / "links.tar";
    output_of({"python3", "-c",
               "import io, sys, tarfile\n"
               "video = open(sys.argv[2], 'rb').read()\n"
               "def file(t, name):\n"
               "    info = tarfile.TarInfo(name); info.size = len(video); t.addfile(info, io.BytesIO(video))\n"
               "def link(t, name, kind, target):\n"
               "    info = tarfile.TarInfo(name); info.type = kind; info.linkname = target; t.addfile(info)\n"
               "with tarfile.open(sys.argv[1], 'w') as t:\n"
               "    file(t, './a/first.mp4')\n"
               "    link(t, './b/hard.mp4', tarfile.LNKTYPE, 'a/first.mp4')\n"
               "    link(t, './b/other.mp4', tarfile.LNKTYPE, './a/first.mp4')\n"
               "    link(t, './b/soft.mp4', tarfile.SYMTYPE, '../c/last.mp4')\n"
               "    link(t, './b/dead.mp4', tarfile.SYMTYPE, 'nowhere.mp4')\n"
               "    link(t, './b/unwanted.mp4', tarfile.SYMTYPE, '../a/first.mp4')\n"
               "    file(t, './c/last.mp4')\n",
               archive, (fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4").string()});
    const std::string rows = "first,1,2,l\nhard,1,2,l\nother,1,2,l\nsoft,1,2,l\nlast,1,2,l\n";

    const finished end = run(set.command(rows, "links.tar"));
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(set.output()).size() == 5);

    // The archive lacks something that it names.
    const finished more = run(set.command(rows + "dead,1,2,l\n", "links.tar"));
    INFO(more.err);
    CHECK(more.status == 3);
    CHECK(says(more, "nowhere.mp4"));
    CHECK(says(more, " 0 failed, 1 pending"));
}

TEST_CASE("what a run unpacks stays within its limit, and a killed run's successor goes on", "[archive]")
{
    const packed set;
    std::string rows;
    for (int v = 0; v < 12; ++v) {
        set.add(fmt::format("video{:02}.mp4", v));
        rows += fmt::format("video{:02},1,2,l\nvideo{:02},4,5,l\n", v, v);
    }
    set.pack("a.tar.gz");
    const auto words = set.command(rows, "a.tar.gz", {"--tmp-limit", "1M"});

    process disturbed(words);
    REQUIRE(comes_true([&] { return clips_of(set.output()).size() >= 3; }));
    disturbed.signal(SIGKILL);
    disturbed.wait();

    const finished again = run(words);
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(clips_of(set.output()).size() == 24);
    CHECK(fs::is_empty(set.output() / ".reelpipe/tmp"));
}

TEST_CASE("an archive that is not there is refused", "[archive]")
{
    const packed set;
    const finished end = run(set.command("video,1,2,l\n", "no*.tar"));
    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "there is no archive"));
}
