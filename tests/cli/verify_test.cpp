#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <sstream>

#include "many_clips.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

// A folder with six clips: four of a talking video in two labels, two of a silent one.
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

// Everything in a folder: names, contents, times of modification.
std::map<std::string, stored_clip> state_of(const fs::path& folder)
{
    std::map<std::string, stored_clip> all;
    for (const auto& each : fs::recursive_directory_iterator(folder)) {
        struct stat facts{};
        stat(each.path().c_str(), &facts);
        all[each.path().string()] = {each.is_regular_file() ? read_file(each.path()) : "", facts.st_ino,
                                     std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
    }
    return all;
}

// Where the packets of a stream are in a file, and how long they are.
struct place {
    std::size_t at = 0, size = 0;
};
std::vector<place> packets_of(const fs::path& file, const std::string& stream)
{
    std::istringstream lines(output_of({"ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
                                        "packet=pos,size", "-of", "compact=p=0", file.string()}));
    std::vector<place> all;
    for (std::string line; std::getline(lines, line);) {
        place found;
        if (std::sscanf(line.c_str(), "size=%zu|pos=%zu", &found.size, &found.at) == 2) all.push_back(found);
    }
    return all;
}

// A program's output when its standard error is a terminal.
std::string on_a_terminal(std::vector<std::string> words)
{
    std::vector<std::string> command{"/usr/bin/python3", "-c", "import pty, sys; pty.spawn(sys.argv[1:])"};
    command.insert(command.end(), words.begin(), words.end());
    return output_of(command);
}

void flip(const fs::path& file, std::size_t begin, std::size_t end)
{
    std::string content = read_file(file);
    for (std::size_t at = begin; at < end; ++at) content.at(at) = static_cast<char>(content.at(at) ^ 0xff);
    write_file(file, content);
}

}  // namespace

TEST_CASE("a folder whose clips are as they were stored verifies, and is left as it was", "[verify]")
{
    const verified_folder folder;
    const auto before = state_of(folder.site.output());
    const finished end = folder.verify();
    INFO(end.out << end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Catch::Matchers::StartsWith("6 clips match the ledger"));
    CHECK(folder.verify({"--verify", "full"}).status == 0);
    const bool unchanged = state_of(folder.site.output()) == before;  // the ledger included
    CHECK(unchanged);
}

TEST_CASE("a folder that is being downloaded to is not verified, and the download goes on", "[verify]")
{
    const many_clips work;
    process download(work.command(work.site.output(), {"--jobs", "1"}));
    REQUIRE(comes_true([&] { return !clips_of(work.site.output()).empty(); }));
    download.signal(SIGSTOP);  // or it might be done before the check begins

    const finished check = run({REELPIPE_BINARY, "verify", work.site.output().string()});
    download.signal(SIGCONT);

    CHECK(check.status == 2);
    CHECK(check.out.empty());
    CHECK_THAT(check.err,
               Catch::Matchers::ContainsSubstring("a run uses it; wait until it ends, or stop it, then verify"));
    const finished end = download.wait();
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("what a killed run left verifies, and is left as it was", "[verify]")
{
    const many_clips work;
    process download(work.command(work.site.output(), {"--jobs", "1"}));
    const fs::path log = work.site.output() / ".reelpipe/ledger.sqlite-wal";
    REQUIRE(
        comes_true([&] { return clips_of(work.site.output()).size() > 5 && fs::exists(log) && !fs::is_empty(log); }));
    download.signal(SIGKILL);
    download.wait();
    auto before = state_of(work.site.output());

    const finished check = run({REELPIPE_BINARY, "verify", work.site.output().string()});

    INFO(check.out << check.err);
    CHECK(check.status != 2);
    auto after = state_of(work.site.output());
    // Which readers there are: SQLite's own notes while a log is read.
    const std::string notes = (work.site.output() / ".reelpipe/ledger.sqlite-shm").string();
    before.erase(notes);
    after.erase(notes);
    const bool unchanged = after == before;
    CHECK(unchanged);
}

TEST_CASE("how far a check is shows on a terminal, and nowhere else", "[verify]")
{
    const verified_folder folder;
    const std::string seen = on_a_terminal({REELPIPE_BINARY, "verify", folder.site.output().string()});
    CHECK_THAT(seen,
               Catch::Matchers::ContainsSubstring("/6 clips  ") && Catch::Matchers::ContainsSubstring("/s  ETA "));
    CHECK_THAT(seen, Catch::Matchers::ContainsSubstring("\r\033[K6 clips match the ledger"));  // in place of the line

    CHECK(folder.verify().err.empty());
    CHECK_THAT(folder.verify().out, !Catch::Matchers::ContainsSubstring("ETA"));
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
    const std::size_t box = read_file(flipped).find("stbl");
    flip(flipped, box + 1, box + 2);
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
    CHECK_THAT(end.out, Catch::Matchers::ContainsSubstring("run the same download again"));

    // As the help says.
    for (const auto& [name, what] : expected)
        if (what != "missing") fs::remove(folder.clip(name));
    const finished again = run(folder.download());
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(folder.findings().empty());
    CHECK(contents_of(clips_of(folder.site.output())) == right);
}

TEST_CASE("damage inside of frames is found where everything is decoded", "[verify]")
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
    flip(clip, second + 6, second + 40);

    CHECK(folder.findings().empty());
    CHECK(folder.findings({"--verify", "full"}) ==
          std::map<std::string, std::string>{{"a/spoken_000003_000005.mp4", "wrong"}});
}

TEST_CASE("damage inside of the source is found as its clip is made, where everything is decoded", "[verify]")
{
    kinetics_site site;
    for (const char* name : {"good", "frame", "audio"}) site.add(name);
    const auto damage = [&](const std::string& name, const std::string& stream, std::size_t packet) {
        const fs::path file = site.folder / "media" / (name + ".mp4");
        const place found = packets_of(file, stream).at(packet);
        // Of a frame, not the lengths that the structure of the file consists of.
        flip(file, found.at + found.size / 3, found.at + found.size);
    };
    damage("frame", "v", 5 * 30 + 7);
    damage("audio", "a", 5 * 43);
    const std::string list = site.list("youtube_id,time_start,time_end,label\ngood,4,7,l\nframe,4,7,l\naudio,4,7,l\n");

    const finished quick = run(site.download(list, {"--source", site.url_template(), "--cut", "lossless"}));
    INFO(quick.err);
    CHECK(quick.status == 0);
    fs::remove_all(site.output());
    const finished full =
        run(site.download(list, {"--source", site.url_template(), "--cut", "lossless", "--verify", "full"}));

    CHECK(full.status == 1);
    std::map<std::string, std::string> messages;
    for (const json& entry : site.report()) messages.emplace(entry[0], entry[2]);
    CHECK(messages.at("good_000004_000007") == "Downloaded");
    CHECK_THAT(messages.at("frame_000004_000007"), Catch::Matchers::StartsWith("corrupt: the frame at 1."));
    CHECK_THAT(messages.at("audio_000004_000007"), Catch::Matchers::StartsWith("corrupt: the audio at 0.9"));
    CHECK(clips_of(site.output()).size() == 1);
}

TEST_CASE("a whole clip that the ledger does not know is named", "[verify]")
{
    const verified_folder folder;
    fs::copy_file(folder.clip("a/spoken_000001_000002.mp4"), folder.clip("a/other_000001_000002.mp4"));
    CHECK(folder.findings() == std::map<std::string, std::string>{{"a/other_000001_000002.mp4", "unknown"}});
}

TEST_CASE("a folder whose ledger is of an earlier version verifies, and is left as it was", "[verify]")
{
    const verified_folder work;
    const fs::path ledger = work.site.output() / ".reelpipe/ledger.sqlite";
    const finished earlier =
        run({"python3", "-c",
             "import sqlite3, sys\n"
             "ledger = sqlite3.connect(sys.argv[1])\n"
             "ledger.executescript('DROP TABLE resolved; PRAGMA user_version = 2; PRAGMA journal_mode = DELETE')",
             ledger.string()});
    REQUIRE(earlier.status == 0);
    const std::string before = read_file(ledger);

    const finished end = work.verify();

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Catch::Matchers::StartsWith("6 clips match the ledger"));
    CHECK(read_file(ledger) == before);
}
