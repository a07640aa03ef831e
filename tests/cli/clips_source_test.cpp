#include <sys/stat.h>

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

// A folder of clips of one video, as another tool has made them, and the runs that read it.
struct made_clips {
    // The clip of [start, start + seconds) of a video, under the name of a clip.
    fs::path add(const std::string& name, int start, const std::string& seconds) const
    {
        const fs::path file = source() / name;
        fs::create_directories(file.parent_path());
        output_of({"ffmpeg", "-v", "error", "-ss", std::to_string(start), "-i",
                   (fs::path(REELPIPE_TEST_MEDIA) / "moov_first.mp4").string(), "-t", seconds, "-c:v", "libx264",
                   "-preset", "ultrafast", "-c:a", "copy", file.string()});
        return file;
    }

    finished download(const std::string& rows, std::vector<std::string> more = {}) const
    {
        write_file(folder / "list.csv", columns + rows);
        std::vector<std::string> words{REELPIPE_BINARY, "download", folder / "list.csv",         "-o",
                                       output(),        "--source", "clips:" + source().string()};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    nlohmann::json report() const { return nlohmann::json::parse(read_file(output() / "download_report.json")); }
    fs::path source() const { return folder / "made"; }
    fs::path output() const { return folder / "clips"; }

    temp_folder folder{};
};

struct stat facts_of(const fs::path& file)
{
    struct stat facts{};
    REQUIRE(stat(file.c_str(), &facts) == 0);
    return facts;
}

std::string first_frame_of(const fs::path& file, const std::string& at)
{
    return output_of(
        {"ffmpeg", "-v", "error", "-ss", at, "-i", file.string(), "-map", "0:v", "-frames:v", "1", "-f", "md5", "-"});
}

}  // namespace

TEST_CASE("a clip of another tool that is the one wanted is taken over unchanged", "[clips_source]")
{
    const made_clips made;
    const fs::path first = made.add("air drumming/-bcdefghijk_000003_000006.mp4", 3, "3");
    const fs::path second = made.add("-bcdefghijk_10_12.5.mp4", 10, "2.5");
    const struct stat before = facts_of(first);

    const finished end = made.download("-bcdefghijk,3,6,drums\n-bcdefghijk,10,12.5,drums\n");

    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK(read_file(made.output() / "drums/-bcdefghijk_000003_000006.mp4") == read_file(first));
    CHECK(read_file(made.output() / "drums/-bcdefghijk_000010_000012.5.mp4") == read_file(second));
    CHECK(made.report()[0][2] == "Downloaded; taken over unchanged");
    const struct stat after = facts_of(first);
    CHECK(after.st_nlink == 1);
    CHECK(after.st_ino != facts_of(made.output() / "drums/-bcdefghijk_000003_000006.mp4").st_ino);
    CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    CHECK(run({REELPIPE_BINARY, "verify", made.output(), "--verify", "full"}).status == 0);
}

TEST_CASE("a segment inside of a clip of another tool is cut at its time in that file", "[clips_source]")
{
    const made_clips made;
    const fs::path file = made.add("l/video_000001_000011.mp4", 1, "10");
    made.add("l/video_000020_000030.mp4", 20, "10");

    const finished end =
        made.download("video,3,5,l\nvideo,9,12,l\nvideo,22,24,l\nother,3,5,l\n", {"--cut", "lossless"});

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(frames_in(made.output() / "l/video_000003_000005.mp4") == 60);
    CHECK(first_frame_of(made.output() / "l/video_000003_000005.mp4", "0") == first_frame_of(file, "2"));
    CHECK(frames_in(made.output() / "l/video_000022_000024.mp4") == 60);
    CHECK(made.report()[1][2].get<std::string>().find("gone: no clip of the video holds 9 s to 12 s") == 0);
    CHECK(made.report()[3][1] == false);
}

TEST_CASE("options that shape clips make them anew", "[clips_source]")
{
    const made_clips made;
    const fs::path file = made.add("l/video_000003_000005.mp4", 3, "2");
    const std::vector<std::string> more =
        GENERATE(std::vector<std::string>{"--short-side", "90"}, std::vector<std::string>{"--audio", "none"},
                 std::vector<std::string>{"--preset", "ultrafast"});

    const finished end = made.download("video,3,5,l\n", more);

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(read_file(made.output() / "l/video_000003_000005.mp4") != read_file(file));
    CHECK(made.report()[0][2] == "Downloaded");
}

TEST_CASE("a clip of another tool that is not what its name says is cut anew, or fails until it is replaced",
          "[clips_source]")
{
    const made_clips made;
    made.add("l/long_000003_000005.mp4", 3, "4");
    const fs::path torn = made.add("l/torn_000003_000005.mp4", 3, "2");
    const std::string whole = read_file(torn);
    write_file(torn, whole.substr(0, whole.size() / 2));
    const std::string rows = "long,3,5,l\ntorn,3,5,l\n";

    const finished end = made.download(rows);

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(says(end, "clip long_000003_000005 is cut anew from the source's file: "));
    CHECK(frames_in(made.output() / "l/long_000003_000005.mp4") == 60);
    CHECK_FALSE(fs::exists(made.output() / "l/torn_000003_000005.mp4"));

    write_file(torn, whole);
    const finished again = made.download(rows);
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(read_file(made.output() / "l/torn_000003_000005.mp4") == whole);
}

TEST_CASE("a folder in which no clip can be found is refused", "[clips_source]")
{
    const made_clips made;
    const finished none = made.download("video,3,5,l\n");
    INFO(none.err);
    CHECK(none.status == 2);
    CHECK(says(none, "is not a folder"));

    fs::create_directories(made.source() / ".rejected");
    write_file(made.source() / ".rejected/video_000003_000005.mp4", "");
    write_file(made.source() / "video.mp4", "");
    const finished unnamed = made.download("video,3,5,l\n");
    INFO(unnamed.err);
    CHECK(unnamed.status == 2);
    CHECK(says(unnamed, "ID_START_END.mp4"));
    CHECK_FALSE(fs::exists(made.output()));
}
