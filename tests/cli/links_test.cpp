// An output folder in which somebody else, or a list, has put what a run has to find there: names and links.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

constexpr const char* secret = "nobody's but its owner's\n";

// Files with their content and mode: what a run may not change.
std::map<std::string, std::string> all_below(const fs::path& folder)
{
    std::map<std::string, std::string> all;
    for (const fs::directory_entry& each : fs::recursive_directory_iterator(folder)) {
        struct stat seen{};
        REQUIRE(lstat(each.path().c_str(), &seen) == 0);
        all[each.path().string()] =
            fmt::format("{:o} {}", seen.st_mode, each.is_regular_file() ? read_file(each.path()) : "");
    }
    return all;
}

// A site with a video, and somebody else's folder with a file, beside the output folder.
struct foreign_place {
    foreign_place()
    {
        site.add("video", "silent.mp4");
        fs::create_directories(folder());
        write_file(file(), secret);
        fs::permissions(file(), static_cast<fs::perms>(0644));
        fs::create_directories(site.output());
    }

    fs::path folder() const { return site.folder / "foreign"; }
    fs::path file() const { return folder() / "file"; }

    finished download(std::initializer_list<std::string> more = {}, const std::string& source = {}) const
    {
        std::vector<std::string> words =
            site.download(site.list(std::string(columns) + "video,1,1.3,l\n"),
                          {"--source", source.empty() ? site.url_template() : source, "--cut", "lossless"});
        words.insert(words.end(), more);
        return run(words);
    }

    kinetics_site site;
};

}  // namespace

TEST_CASE("a label may have the name of a file of the run, and its folder has another one", "[links]")
{
    kinetics_site site;
    site.add("video", "silent.mp4");
    const std::vector<std::string> names{"download_report.json",
                                         "Download_Report.JSON",
                                         "download_report.json.part",
                                         "download_report_shorter.json",
                                         "dataset.json",
                                         "reelpipe.toml",
                                         ".reelpipe",
                                         "%64ownload_report.json"};
    std::string text = columns;
    for (std::size_t i = 0; i < names.size(); ++i) text += fmt::format("video,{0},{0}.3,{1}\n", i, names[i]);
    const auto words = site.download(site.list(text), {"--source", site.url_template(), "--cut", "lossless"});

    const finished first = run(words);

    INFO(first.err);
    CHECK(first.status == 0);
    CHECK(says(first, "'download_report.json' are in the folder %64ownload_report.json"));
    CHECK(clips_of(site.output()).size() == names.size());
    CHECK(site.report().size() == names.size());
    CHECK_FALSE(fs::exists(site.output() / "reelpipe.toml"));
    const finished second = run(words);
    INFO(second.err);
    CHECK(second.status == 0);
    CHECK(says(second, fmt::format("{} already there", names.size())));
    const finished verified = run({REELPIPE_BINARY, "verify", site.output().string()});
    INFO(verified.out << verified.err);
    CHECK(verified.status == 0);
}

TEST_CASE("a label is refused whose folder would be where the user wants a file", "[links]")
{
    const foreign_place place;
    const finished end = place.download({"--report", (place.site.output() / "l").string()});
    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "'l'"));
    CHECK(says(end, "name another file"));
}

TEST_CASE("what is a link among the run's own files is refused, and nothing changes behind it", "[links]")
{
    const foreign_place place;
    const std::string name = GENERATE(".reelpipe", ".reelpipe/tmp", ".reelpipe/lock", ".reelpipe/ledger.sqlite",
                                      ".reelpipe/ledger.sqlite-wal", ".reelpipe/ledger.sqlite-shm");
    CAPTURE(name);
    const bool is_folder = name.ends_with("reelpipe") || name.ends_with("tmp");
    if (name != ".reelpipe") fs::create_directories(place.site.output() / ".reelpipe");
    fs::create_symlink(is_folder ? place.folder() : place.file(), place.site.output() / name);
    const auto before = all_below(place.folder());

    const finished end = place.download();

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, name + ": it is a link"));
    CHECK(all_below(place.folder()) == before);
    CHECK(fs::is_symlink(place.site.output() / name));
}

TEST_CASE("a link that leads nowhere makes nothing there", "[links]")
{
    const foreign_place place;
    const std::string name = GENERATE(".reelpipe", ".reelpipe/lock", ".reelpipe/ledger.sqlite", "l");
    CAPTURE(name);
    if (name.size() > 10) fs::create_directories(place.site.output() / ".reelpipe");
    fs::create_symlink(place.folder() / "new", place.site.output() / name);
    const auto before = all_below(place.folder());

    CHECK(place.download().status != 0);
    CHECK(all_below(place.folder()) == before);
    CHECK(fs::is_symlink(place.site.output() / name));
}

TEST_CASE("the report is not written through links", "[links]")
{
    const foreign_place place;
    fs::create_symlink(place.file(), place.site.output() / "download_report.json.part");
    const finished end = place.download();
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(read_file(place.file()) == secret);
    CHECK(place.site.report().size() == 1);
}

TEST_CASE("nothing is stored in, or moved out of, a label's folder that is a link", "[links]")
{
    const foreign_place place;
    const bool has_bad_clip = GENERATE(false, true);
    CAPTURE(has_bad_clip);
    if (has_bad_clip) write_file(place.folder() / "video_000001_000001.3.mp4", "no clip");
    fs::create_directory_symlink(place.folder(), place.site.output() / "l");
    const auto before = all_below(place.folder());

    const finished end = place.download();

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, "is a link, and reelpipe follows none in its output folder"));
    CHECK(all_below(place.folder()) == before);
}

TEST_CASE("nothing is set aside through a link", "[links]")
{
    const foreign_place place;
    fs::create_directories(place.site.output() / ".reelpipe");
    fs::create_directories(place.site.output() / "l");
    write_file(place.site.output() / "l/video_000001_000001.3.mp4", "no clip");
    fs::create_directory_symlink(place.folder(), place.site.output() / ".reelpipe/rejected");
    const auto before = all_below(place.folder());

    const finished end = place.download();

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, "rejected is a link"));
    CHECK(all_below(place.folder()) == before);
}

TEST_CASE("a label's folder that becomes a link while a run goes on is noticed", "[links]")
{
    const foreign_place place;
    const std::string video = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    const fs::path label = place.site.output() / "l";
    origin mirror;
    mirror.serve("/video.mp4", [&](const asked& request) {
        fs::remove_all(label);
        fs::create_directory_symlink(place.folder(), label);
        return part_of(video, request);
    });
    const auto before = all_below(place.folder());
    fs::create_directories(label);

    const finished end = place.download({"--attempts", "1"}, mirror.url("/") + "{id}.mp4");

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, "l is a link"));
    CHECK(all_below(place.folder()) == before);
}

TEST_CASE("root is warned of an output folder that belongs to somebody else", "[links]")
{
    if (geteuid() != 0) SKIP("only root is warned");
    const foreign_place place;
    CHECK_FALSE(says(place.download(), "belongs to user"));
    REQUIRE(chown(place.site.output().c_str(), 12345, 12345) == 0);
    const finished end = place.download();
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(says(end, "belongs to user 12345"));
}
