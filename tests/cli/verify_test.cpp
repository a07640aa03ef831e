#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "many_clips.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

// A folder with six clips: four of a talking film in two labels, two of a silent one.
struct verified_folder {
    verified_folder()
    {
        site.add("spoken");
        site.add("silent", "silent.mp4");
        const finished end = run(download());
        INFO(end.err);
        REQUIRE(end.status == 0);
    }

    std::vector<std::string> download(std::initializer_list<std::string> more = {}) const
    {
        std::vector<std::string> words = site.download(site.list("youtube_id,time_start,time_end,label\n"
                                                                 "spoken,1,2,a\nspoken,3,5,a\nspoken,6,7,b\n"
                                                                 "spoken,8,9,b\nsilent,1,2,a\nsilent,3,4.5,b\n"),
                                                       {"--source", site.url_template()});
        words.insert(words.end(), more);
        return words;
    }

    fs::path clip(const std::string& name) const { return site.output() / name; }

    finished verify(std::initializer_list<std::string> more = {}) const
    {
        std::vector<std::string> words{REELPIPE_BINARY, "verify", site.output().string()};
        words.insert(words.end(), more);
        return run(words);
    }

    // What is said of each file that is not as it should be.
    std::map<std::string, std::string> findings(std::initializer_list<std::string> more = {}) const
    {
        std::vector<std::string> words{REELPIPE_BINARY, "verify", site.output().string(), "--json"};
        words.insert(words.end(), more);
        std::istringstream lines(run(words).out);
        std::map<std::string, std::string> all;
        for (std::string line; std::getline(lines, line);) {
            const json one = json::parse(line);
            if (one["event"] == "file") all[one["file"]] = one["what"];
        }
        return all;
    }

    kinetics_site site{};
};

void flip(const fs::path& file, std::size_t at)
{
    std::string content = read_file(file);
    content.at(at) = static_cast<char>(content.at(at) ^ 0xff);
    write_file(file, content);
}

}  // namespace

TEST_CASE("a folder whose clips are as they were stored verifies, and is left as it was", "[verify]")
{
    const verified_folder folder;
    const auto before = clips_of(folder.site.output());
    const finished end = folder.verify();
    INFO(end.out << end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Catch::StartsWith("6 clips are as the ledger says"));
    CHECK(folder.verify({"--verify", "full"}).status == 0);
    CHECK(clips_of(folder.site.output()) == before);
}

TEST_CASE("every kind of damage to a stored clip is found, and the next download mends it", "[verify]")
{
    verified_folder folder;
    const auto right = contents_of(clips_of(folder.site.output()));

    const fs::path cut_short = folder.clip("a/spoken_000001_000002.mp4");
    fs::resize_file(cut_short, fs::file_size(cut_short) / 2);
    const fs::path swapped = folder.clip("a/spoken_000003_000005.mp4"),
                   with = folder.clip("b/silent_000003_000004.5.mp4");
    fs::rename(swapped, folder.site.folder / "aside");
    fs::rename(with, swapped);
    fs::rename(folder.site.folder / "aside", with);
    const fs::path flipped = folder.clip("b/spoken_000006_000007.mp4");
    flip(flipped, read_file(flipped).find("stbl") + 1);
    const fs::path mute = folder.clip("b/spoken_000008_000009.mp4");
    output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", mute.string(), "-c", "copy", "-an",
               (folder.site.folder / "mute.mp4").string()});
    fs::rename(folder.site.folder / "mute.mp4", mute);
    fs::remove(folder.clip("a/silent_000001_000002.mp4"));

    // What the crawler leaves when it is killed while ffmpeg writes: samples, and no index.
    const std::string whole = read_file(with);
    write_file(folder.clip("a/crawler_000001_000011.mp4"), whole.substr(0, whole.find("moov") - 4));

    const std::map<std::string, std::string> expected{
        {"a/spoken_000001_000002.mp4", "wrong"},      {"a/spoken_000003_000005.mp4", "wrong"},
        {"b/silent_000003_000004.5.mp4", "wrong"},    {"b/spoken_000006_000007.mp4", "wrong"},
        {"b/spoken_000008_000009.mp4", "wrong"},      {"a/silent_000001_000002.mp4", "missing"},
        {"a/crawler_000001_000011.mp4", "incomplete"}};
    CHECK(folder.findings() == expected);
    const finished end = folder.verify();
    CHECK(end.status == 1);
    CHECK_THAT(end.out, Catch::Contains("run the same download again"));

    // As the help says.
    for (const auto& [name, what] : expected)
        if (what != "missing") fs::remove(folder.clip(name));
    const finished again = run(folder.download());
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(folder.findings().empty());
    CHECK(contents_of(clips_of(folder.site.output())) == right);
}

TEST_CASE("damage inside of pictures is found where everything is decoded", "[verify]")
{
    const verified_folder folder;
    const fs::path clip = folder.clip("a/spoken_000003_000005.mp4");
    std::istringstream packet(output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                         "packet=pos", "-of", "csv=p=0", clip.string()}));
    std::size_t first = 0, second = 0;
    packet >> first;
    packet.ignore(8, '\n');
    packet >> second;
    REQUIRE(second > 100);
    for (std::size_t at = second + 6; at < second + 40; ++at) flip(clip, at);

    CHECK(folder.findings().empty());
    CHECK(folder.findings({"--verify", "full"}) ==
          std::map<std::string, std::string>{{"a/spoken_000003_000005.mp4", "wrong"}});
}

TEST_CASE("a whole clip that the ledger does not know is named", "[verify]")
{
    const verified_folder folder;
    fs::copy_file(folder.clip("a/spoken_000001_000002.mp4"), folder.clip("a/other_000001_000002.mp4"));
    CHECK(folder.findings() == std::map<std::string, std::string>{{"a/other_000001_000002.mp4", "unknown"}});
}

TEST_CASE("a folder without a ledger cannot be verified", "[verify]")
{
    const temp_folder empty;
    const finished end = run({REELPIPE_BINARY, "verify", empty.path().string()});
    CHECK(end.status == 2);
    CHECK_THAT(end.err, Catch::Contains("reelpipe download -o"));
}
