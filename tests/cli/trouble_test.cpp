#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"
#include "support/small_disk.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;

TEST_CASE("a full disk stops the run, which goes on when there is room", "[trouble]")
{
    small_disk disk(1'000'000);
    if (!disk.mounted()) SKIP("a small disk can only be mounted by root");
    const many_clips work;
    const fs::path undisturbed = work.site.folder / "undisturbed";
    REQUIRE(run(work.command(undisturbed)).status == 0);
    const std::map<std::string, std::string> right = contents_of(clips_of(undisturbed));

    const finished full = run(work.command(disk.path()));

    INFO(full.err);
    CHECK(full.status == 3);
    CHECK(says(full, "disk is full"));
    CHECK(says(full, "MB free"));
    CHECK(says(full, "remaining clips need"));
    CHECK(says(full, " 0 failed"));
    const std::map<std::string, stored_clip> before = clips_of(disk.path());
    CHECK(before.size() < right.size());
    for (const auto& [name, clip] : before) CHECK(right.at(name) == clip.content);

    REQUIRE(disk.resize(64'000'000));
    const finished again = run(work.command(disk.path()));

    INFO(again.err);
    CHECK(again.status == 0);
    const std::map<std::string, stored_clip> after = clips_of(disk.path());
    CHECK(contents_of(after) == right);
    for (const auto& [name, clip] : before) CHECK(after.at(name) == clip);
}

TEST_CASE("a folder that cannot be written is refused before anything is fetched", "[trouble]")
{
    many_clips work;
    small_disk disk(8'000'000);
    if (disk.mounted())
        REQUIRE(disk.make_read_only());
    else if (geteuid() != 0)
        fs::permissions(disk.path(), fs::perms::owner_read | fs::perms::owner_exec);
    else
        SKIP("root writes everywhere, and no disk can be mounted");

    const finished end = run(work.command(disk.path()));

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, disk.path().string()));
    CHECK(says(end, "can be written"));
    CHECK(work.site.requests() == 0);
}

TEST_CASE("too few file descriptors are told before anything is fetched, with what to do", "[trouble]")
{
    many_clips work;
    std::vector<std::string> words{"prlimit", "--nofile=64:64"};
    const auto command = work.command(work.site.output(), {"--connections", "64"});
    words.insert(words.end(), command.begin(), command.end());

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "ulimit -n"));
    CHECK(says(end, "--connections"));
    CHECK(work.site.requests() == 0);
}

TEST_CASE("as many file descriptors as are asked for are enough", "[trouble]")
{
    many_clips work;
    const auto with_at_most = [&](int descriptors) {
        const std::string most = std::to_string(descriptors);
        std::vector<std::string> words{"prlimit", "--nofile=" + most + ":" + most};
        const auto command = work.command(work.site.output(), {"--connections", "2", "--jobs", "16"});
        words.insert(words.end(), command.begin(), command.end());
        return run(words);
    };
    const finished refused = with_at_most(64);
    const std::size_t at = refused.err.find("ulimit -n ");
    REQUIRE(at != std::string::npos);

    const finished end = with_at_most(std::stoi(refused.err.substr(at + 10)));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("a network that is gone for a moment costs nothing", "[trouble]")
{
    many_clips work;
    process disturbed(work.command(work.site.output(), {"--attempts", "50", "--connections", "1", "--jobs", "1"}));
    REQUIRE(comes_true([&] { return clips_of(work.site.output()).size() >= 2; }));
    work.site.server.stop();
    work.site.server.start_again();
    const finished end = disturbed.wait();

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("what a network that stayed away has cost is made by the next run", "[trouble]")
{
    many_clips work;
    const auto words = work.command(work.site.output(), {"--attempts", "2", "--connections", "1", "--jobs", "1"});
    process disturbed(words);
    REQUIRE(comes_true([&] { return clips_of(work.site.output()).size() >= 2; }));
    work.site.server.stop();
    const finished end = disturbed.wait();

    INFO(end.err);
    CHECK(end.status == 3);
    CHECK(says(end, " 0 failed"));
    const std::map<std::string, stored_clip> before = clips_of(work.site.output());
    work.site.server.start_again();
    const finished again = run(words);

    INFO(again.err);
    CHECK(again.status == 0);
    const std::map<std::string, stored_clip> after = clips_of(work.site.output());
    CHECK(after.size() == many_clips::clips);
    for (const auto& [name, clip] : before) CHECK(after.at(name) == clip);
}

TEST_CASE("a mirror that is down costs no clip, and the run goes on when it is up", "[trouble]")
{
    many_clips work;
    const auto words = work.command(work.site.output(), {"--attempts", "2"});
    work.site.server.stop();
    const finished down = run(words);

    INFO(down.err);
    CHECK(down.status == 3);
    CHECK(says(down, "stopping: "));
    CHECK(says(down, "refuses connections"));
    CHECK(says(down, "un again"));
    CHECK(says(down, " 0 failed"));

    work.site.server.start_again();
    const finished up = run(words);

    INFO(up.err);
    CHECK(up.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("a single video whose mirror accepts no connection stays pending, too", "[trouble]")
{
    kinetics_site site;
    site.add("alone");
    const auto words = site.download(site.list("youtube_id,time_start,time_end,label\nalone,1,2,l\n"),
                                     {"--source", site.url_template(), "--attempts", "2"});
    site.server.stop();
    const finished down = run(words);

    INFO(down.err);
    CHECK(down.status == 3);
    CHECK(says(down, " 0 failed"));
}

TEST_CASE("a mirror that answers with nothing but server errors costs no clip", "[trouble][long]")
{
    const std::string video = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    std::atomic<bool> well{false};
    origin mirror;
    for (int v = 0; v < many_clips::videos; ++v)
        mirror.serve(fmt::format("/video{:02}.mp4", v),
                     [&](const asked& request) { return well ? part_of(video, request) : reply{.status = 503}; });
    const many_clips work;
    const auto words = work.site.download(work.list, {"--attempts", "2", "--source", mirror.url("/") + "{id}.mp4"});
    const finished ill = run(words);

    INFO(ill.err);
    CHECK(ill.status == 3);
    CHECK(says(ill, "server errors"));
    CHECK(says(ill, "status 503"));
    CHECK(says(ill, " 0 failed"));

    well = true;
    const finished again = run(words);

    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("a video that its mirror cannot serve fails while the mirror serves others", "[trouble]")
{
    const std::string video = read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    origin mirror;
    std::string text = columns;
    for (int v = 0; v < 8; ++v) {
        text += fmt::format("video{},1,2,l\n", v);
        mirror.serve(fmt::format("/video{}.mp4", v), [&video, broken = v % 2 == 1](const asked& request) {
            return broken ? reply{.status = 500} : part_of(video, request);
        });
    }
    const kinetics_site site;

    // One at a time and with no second try, so that broken and good ones take turns.
    const finished end = run(site.download(site.list(text), {"--source", mirror.url("/") + "{id}.mp4", "--attempts",
                                                             "1", "--connections", "1", "--jobs", "1"}));

    INFO(end.err);
    CHECK(end.status == 1);
    CHECK(says(end, " 4 failed"));
    CHECK(clips_of(site.output()).size() == 4);
}
