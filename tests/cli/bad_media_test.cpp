#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "support/bad_videos.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/process.hpp"
#include "support/sanitizer.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;

namespace {

// A folder of videos, a bad one of each kind between good ones, and a list that wants the same part of all of them.
struct mixed_folder {
    mixed_folder()
    {
        fs::create_directories(folder / "videos");
        std::string rows = "youtube_id,time_start,time_end,label\n";
        const auto add = [&](const std::string& id) { rows += id + ",10,12,l\n"; };
        int good = 0;
        for (bad_video& video : bad_videos(REELPIPE_TEST_MEDIA)) {
            write_file(folder / "videos" / (video.name + ".mp4"), video.content);
            add(video.name);
            video.content.clear();
            bad.push_back(std::move(video));
            const std::string beside = "good" + std::to_string(good++);
            fs::create_symlink(fs::path(REELPIPE_TEST_MEDIA) / "moov_first.mp4", folder / "videos" / (beside + ".mp4"));
            add(beside);
        }
        write_file(folder / "list.csv", rows);
    }

    finished download(const std::string& source, const std::string& mode) const
    {
        std::vector<std::string> words{
            REELPIPE_BINARY, "download", folder / "list.csv", "-o",  folder / "clips", "--source", source,
            "--cut",         mode,       "--backoff",         "0.05"};
        if (mode == "encode") words.insert(words.end(), {"--preset", "ultrafast"});
        return run(std::move(words));
    }

    // By video; and what of the clips is on the disk.
    std::map<std::string, std::string> messages() const
    {
        std::map<std::string, std::string> all;
        for (const auto& entry : nlohmann::json::parse(read_file(folder / "clips/download_report.json"))) {
            const std::string clip = entry[0];
            all[clip.substr(0, clip.size() - std::string("_000010_000012").size())] = entry[2];
        }
        return all;
    }
    bool has_clip_of(const std::string& video) const
    {
        return fs::exists(folder / "clips/l" / (video + "_000010_000012.mp4"));
    }

    temp_folder folder{};
    std::vector<bad_video> bad{};
};

// Of the largest process that has ended, workers of workers included.
std::size_t peak_megabytes()
{
    rusage used{};
    getrusage(RUSAGE_CHILDREN, &used);
    return static_cast<std::size_t>(used.ru_maxrss) / 1024;
}

// Whether anybody opens a file, from now on.
class watched_file {
public:
    explicit watched_file(const fs::path& file) : events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
    {
        REQUIRE(inotify_add_watch(events_, file.c_str(), IN_OPEN) >= 0);
    }
    watched_file(const watched_file&) = delete;
    watched_file& operator=(const watched_file&) = delete;
    ~watched_file() { close(events_); }

    bool was_opened() const
    {
        std::array<char, 4096> events{};
        return read(events_, events.data(), events.size()) > 0;
    }

private:
    int events_;
};

}  // namespace

TEST_CASE("bad videos fail with their reason, each for itself, and the good ones beside them are stored", "[bad][long]")
{
    const mixed_folder work;
    const nginx server(work.folder.path());
    const std::string source = GENERATE("folder", "server"), mode = GENERATE("encode", "lossless");
    CAPTURE(source, mode);

    const finished end =
        work.download(source == "folder" ? (work.folder / "videos").string() : server.url("videos/{id}.mp4"), mode);

    INFO(end.err);
    CHECK(end.status == 1);
    const auto messages = work.messages();
    for (const bad_video& video : work.bad) {
        const std::string& message = messages.at(video.name);
        CAPTURE(video.name, message);
        const bool stored = message.starts_with("Downloaded");
        const bool has_reason =
            std::ranges::any_of(video.reasons, [&](const std::string& why) { return message.starts_with(why + ": "); });
        CHECK((has_reason || (stored && video.may_be_cut)));
        CHECK(work.has_clip_of(video.name) == stored);
    }
    for (const auto& [video, message] : messages)
        if (video.starts_with("good")) CHECK(message == "Downloaded");
    CHECK(fs::is_empty(work.folder / "clips/.reelpipe/tmp"));
    if (!sanitized) CHECK(peak_megabytes() < 400);
}

TEST_CASE("what a video names besides itself is not opened, and the video has a reason", "[bad]")
{
    const temp_folder folder;
    const fs::path other = folder / "other.mp4";
    fs::copy_file(fs::path(REELPIPE_TEST_MEDIA) / "moov_first.mp4", other);
    fs::create_directories(folder / "videos");
    const nginx server(folder.path());
    const std::string by = GENERATE("path", "address"), source = GENERATE("folder", "server"),
                      isolate = GENERATE("process", "none");
    CAPTURE(by, source, isolate);
    const auto videos = videos_that_name(by == "path" ? other : fs::path(server.url("other.mp4")), REELPIPE_TEST_MEDIA);
    std::string rows = "youtube_id,time_start,time_end,label\n";
    for (const bad_video& video : videos) {
        write_file(folder / "videos" / (video.name + ".mp4"), video.content);
        rows += video.name + ",10,12,l\n";
    }
    write_file(folder / "list.csv", rows);
    const watched_file named(other);

    const finished end = run({REELPIPE_BINARY, "download", folder / "list.csv", "-o", folder / "clips", "--source",
                              source == "folder" ? (folder / "videos").string() : server.url("videos/{id}.mp4"),
                              "--isolate", isolate, "--backoff", "0.05"});

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK_FALSE(named.was_opened());
    const auto report = nlohmann::json::parse(read_file(folder / "clips/download_report.json"));
    REQUIRE(report.size() == videos.size());
    for (std::size_t i = 0; i < videos.size(); ++i) {
        const std::string message = report[i][2];
        CAPTURE(videos[i].name, message);
        CHECK(std::ranges::any_of(videos[i].reasons, [&](const std::string& why) { return message.starts_with(why); }));
    }
}
