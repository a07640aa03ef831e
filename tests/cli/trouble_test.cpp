#include <unistd.h>

#include <filesystem>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/small_disk.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;

TEST_CASE("a full disk stops the run, which goes on when there is room", "[trouble]")
{
    small_disk disk(1'000'000);
    if (!disk.mounted()) {
        WARN("skipped: a small disk can only be mounted by root");
        return;
    }
    const many_clips work;
    const fs::path undisturbed = work.site.folder / "undisturbed";
    REQUIRE(run(work.command(undisturbed)).status == 0);
    const std::map<std::string, std::string> right = contents_of(clips_of(undisturbed));

    const finished full = run(work.command(disk.path()));

    INFO(full.err);
    CHECK(full.status == 3);
    CHECK(says(full, "disk is full"));
    CHECK(says(full, "MB free"));
    CHECK(says(full, "clips that are left need"));
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
    else {
        WARN("skipped: root may write everywhere, and a read-only disk could not be mounted");
        return;
    }

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
    CHECK((end.status == 1 || end.status == 3));
    const std::map<std::string, stored_clip> before = clips_of(work.site.output());
    work.site.server.start_again();
    const finished again = run(words);

    INFO(again.err);
    CHECK(again.status == 0);
    const std::map<std::string, stored_clip> after = clips_of(work.site.output());
    CHECK(after.size() == many_clips::clips);
    for (const auto& [name, clip] : before) CHECK(after.at(name) == clip);
}
