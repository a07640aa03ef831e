#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/origin.hpp"
#include "support/sanitizer.hpp"
#include "support/small_disk.hpp"

namespace fs = std::filesystem;
using reelpipe::test::asked;
using reelpipe::test::clips_of;
using reelpipe::test::comes_true;
using reelpipe::test::contents_of;
using reelpipe::test::finished;
using reelpipe::test::kinetics_site;
using reelpipe::test::many_clips;
using reelpipe::test::origin;
using reelpipe::test::part_of;
using reelpipe::test::process;
using reelpipe::test::run;
using reelpipe::test::says;
using reelpipe::test::small_disk;

namespace {

// A run on a machine or file system without these, which a library takes from it. Sanitizers have one of their own.
finished run_without(const std::string& what, std::vector<std::string> words)
{
    return run(std::move(words), {"LD_PRELOAD=" REELPIPE_LACKING_SYSTEM, "LACKS=" + what + ","});
}

bool can_be_preloaded()
{
    if (reelpipe::test::sanitized) WARN("skipped: a sanitizer's runtime comes first");
    return !reelpipe::test::sanitized;
}

// A run whose only video is not served before it is let go.
struct held_run {
    held_run()
    {
        mirror.serve("/video.mp4", [this](const asked& request) {
            asks = true;
            comes_true([this] { return goes_on.load(); });
            return part_of(video, request);
        });
    }
    std::vector<std::string> words(const fs::path& program) const
    {
        std::vector<std::string> all = site.download(site.list("youtube_id,time_start,time_end,label\nvideo,1,2,l\n"),
                                                     {"--source", mirror.url("/{id}.mp4")});
        all.front() = program.string();
        return all;
    }
    bool has_begun() const
    {
        return comes_true([this] { return asks.load(); });
    }
    void let_go() { goes_on = true; }

    kinetics_site site{};
    const std::string video = reelpipe::test::read_file(fs::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    std::atomic<bool> asks = false, goes_on = false;
    origin mirror{};
};

std::vector<std::string> after(std::vector<std::string> words, const std::vector<std::string>& command)
{
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

}  // namespace

TEST_CASE("clips are stored whole where there are no hard links", "[places]")
{
    if (!can_be_preloaded()) return;
    const std::string lacking = GENERATE("links", "links,renames that replace nothing");
    many_clips work;
    const fs::path other = work.site.folder / "other";
    REQUIRE(run(work.command(other)).status == 0);
    const auto right = contents_of(clips_of(other));
    // What stands there already is not replaced.
    const fs::path standing = work.site.output() / "l0/video00_000000_000000.4.mp4";
    fs::create_directories(standing.parent_path());
    fs::copy_file(other / "l0/video00_000000_000000.4.mp4", standing);
    const auto before = clips_of(work.site.output());

    const finished end = run_without(lacking, work.command(work.site.output()));

    INFO(end.err);
    CHECK(end.status == 0);
    const auto made = clips_of(work.site.output());
    CHECK(contents_of(made) == right);
    CHECK(made.at("l0/video00_000000_000000.4.mp4") == before.begin()->second);
    CHECK(fs::is_empty(work.site.output() / ".reelpipe/tmp"));
}

TEST_CASE("a file system on which no clip can get its name is refused before anything is fetched", "[places]")
{
    if (!can_be_preloaded()) return;
    many_clips work;

    const finished end = run_without("links,renames that replace nothing,renames", work.command(work.site.output()));

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "could not be given its name"));
    CHECK(work.site.requests() == 0);
    CHECK(!fs::exists(work.site.output()));
}

TEST_CASE("one kind of file lock is enough to keep a second run away", "[places]")
{
    if (!can_be_preloaded()) return;
    held_run held;
    const std::vector<std::string> without{"LD_PRELOAD=" REELPIPE_LACKING_SYSTEM, "LACKS=flock,"};
    process first(held.words(REELPIPE_BINARY), without);
    REQUIRE(held.has_begun());

    const finished second = run(held.words(REELPIPE_BINARY), without);
    INFO(second.err);
    CHECK(second.status == 2);
    CHECK(says(second, "another run"));

    held.let_go();
    CHECK(first.wait().status == 0);
}

TEST_CASE("a program that is replaced under its run goes on with what it began as", "[places]")
{
    held_run held;
    const fs::path program = held.site.folder / "reelpipe";
    fs::copy_file(REELPIPE_BINARY, program);
    process begun(held.words(program));
    REQUIRE(held.has_begun());
    reelpipe::test::write_file(held.site.folder / "other", "#!/bin/sh\nexit 1\n");
    fs::permissions(held.site.folder / "other", fs::perms::owner_all);
    fs::rename(held.site.folder / "other", program);

    held.let_go();
    const finished end = begun.wait();
    INFO(end.err);
    CHECK(end.status == 0);
}

TEST_CASE("a file system without locks is refused, and named as that", "[places]")
{
    if (!can_be_preloaded()) return;
    const std::string lacking = GENERATE("posix locks", "locks of all kinds");
    many_clips work;

    const finished end = run_without(lacking, work.command(work.site.output()));

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "no file locks"));
    CHECK(!says(end, "another run"));
    CHECK(work.site.requests() == 0);
    CHECK(!fs::exists(work.site.output()));
}

TEST_CASE("the ledger does without memory that is shared through a file", "[places]")
{
    if (!can_be_preloaded()) return;
    many_clips work;

    const finished end = run_without("shared memory", work.command(work.site.output()));
    const finished again = run_without("shared memory", work.command(work.site.output()));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(again.status == 0);
    CHECK(says(again, fmt::format("{} already there", int{many_clips::clips})));
    CHECK(run_without("shared memory", {REELPIPE_BINARY, "report", work.site.output().string()}).status == 0);
}

TEST_CASE("a limit on the size of files is told before anything is fetched", "[places]")
{
    many_clips work;

    const finished end = run(after({"prlimit", "--fsize=1048576:1048576"}, work.command(work.site.output())));

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "ulimit -f"));
    CHECK(work.site.requests() == 0);
    CHECK(!fs::exists(work.site.output()));
}

TEST_CASE("a limit on memory is one on the clip workers, and condemns no clip", "[places]")
{
    if (reelpipe::test::sanitized) {
        WARN("skipped: sanitizers take more address space than that");
        return;
    }
    many_clips work;

    const finished end = run(after({"prlimit", "--as=4000000000:4000000000"}, work.command(work.site.output())));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("a sandbox that cannot be had is told before anything is fetched, with the way on", "[places]")
{
    if (!can_be_preloaded()) return;
    many_clips work;

    // Workers get the name of the library and no other word of it.
    const reelpipe::test::temp_folder folder;
    const fs::path library = folder / "seccomp,.so";
    fs::create_symlink(REELPIPE_LACKING_SYSTEM, library);
    const auto run_so = [&library](std::vector<std::string> words) {
        return run(std::move(words), {"LD_PRELOAD=" + library.string()});
    };

    const finished end = run_so(work.command(work.site.output()));

    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(says(end, "sandbox"));
    CHECK(says(end, "--isolate none"));
    CHECK(work.site.requests() == 0);
    CHECK(run_so(work.command(work.site.output(), {"--isolate", "none"})).status == 0);
}

TEST_CASE("a run goes through without /proc", "[places]")
{
    if (reelpipe::test::sanitized) SKIP("a sanitizer's own runtime reads /proc");
    const std::vector<std::string> hidden{"unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"",
                                          "sh"};
    if (run(after(hidden, {"true"})).status != 0) {
        WARN("skipped: /proc cannot be hidden from a process here");
        return;
    }
    many_clips work;

    const finished end = run(after(hidden, work.command(work.site.output())));

    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(clips_of(work.site.output()).size() == many_clips::clips);
}

TEST_CASE("a disk without room for another file is a full disk, also where it has bytes", "[places]")
{
    small_disk disk(64'000'000, 8);
    if (!disk.mounted()) {
        WARN("skipped: a small disk could not be mounted");
        return;
    }
    many_clips work;
    const auto words = work.command(disk.path());
    const finished none = run(words);
    INFO(none.err);
    CHECK(none.status == 3);
    CHECK(says(none, disk.path().string()));

    REQUIRE(disk.allow_files(40));
    const finished some = run(words);
    INFO(some.err);
    CHECK(some.status == 3);
    CHECK(says(some, " 0 failed"));
    CHECK(says(some, "more files (inodes)"));

    REQUIRE(disk.allow_files(400));
    const finished all = run(words);
    INFO(all.err);
    CHECK(all.status == 0);
    CHECK(clips_of(disk.path()).size() == many_clips::clips);
}

TEST_CASE("a run that is refused leaves no folder behind", "[places]")
{
    many_clips work;
    const fs::path output = work.site.folder / "new/clips";
    CHECK(run(work.command(output, {"--split", "none of them"})).status == 2);
    CHECK(!fs::exists(work.site.folder / "new"));

    // What was there stays.
    fs::create_directories(output / "notes");
    CHECK(run(work.command(output, {"--labels", "none of them"})).status == 2);
    CHECK(fs::exists(output / "notes"));
    CHECK(!fs::exists(output / ".reelpipe"));
}
