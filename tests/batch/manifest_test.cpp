#include "batch/shard_manifest.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "batch/fresh_name.hpp"
#include "batch/shard_work.hpp"
#include "batch/shared_root.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe;
using namespace reelpipe::test;

namespace {

// A plan, and manifests of its first shard.
struct planned_shard {
    planned_shard()
    {
        root.plan();
        plan = place.read();
        for (const clip_request& row : place.rows(plan, 0)) {
            shard_clip clip{.modified_ns = 1};
            clip.outcome = {.clip = row, .bytes = 5, .frames = 10, .streams = "h264 320x180", .source = "MP4"};
            clips.push_back(clip);
        }
        clips.back().outcome = {.clip = clips.back().outcome.clip,
                                .how = clip_outcome::status::failed,
                                .why = reason::network,
                                .message = "cut \xff off"};
    }

    void write(const std::string& text) const { write_file(place.manifest(0), text); }
    std::int64_t finished = 1'700'000'000;

    std::string text() const
    {
        return shard_manifest_text({.plan = plan.id, .attempt = fresh_name(), .host = "h", .finished = finished},
                                   clips);
    }

    std::vector<shard_clip> read() const
    {
        shard_manifest_reader reader(place, plan, 0);
        std::vector<shard_clip> all;
        while (auto clip = reader.next()) all.push_back(std::move(*clip));
        return all;
    }

    shared_root root{};
    plan_folder place{{.root = root.path()}};
    batch_plan plan{};
    std::vector<shard_clip> clips{};
};

// A task that does nothing but place its manifest. Returns as what it ends with.
int place_manifest(const planned_shard& shard, bool by_rename)
try {
    const std::string attempt = fresh_name();
    const fs::path unfinished = shard.place.attempts() / attempt;
    fs::create_directories(unfinished);
    if (!by_rename) {
        commit({.place = shard.place,
                .plan = shard.plan,
                .clips = shard.clips,
                .attempt = attempt,
                .unfinished = unfinished,
                .trim_format = "%06d"});
        return 0;
    }
    write_file(unfinished / "manifest", shard.text());
    fs::rename(unfinished / "manifest", shard.place.manifest(0));
    return 0;
} catch (const std::exception&) {
    return 1;
}

// Six processes place a manifest of one shard at the same time, and half of them are killed. True: one that was there
// has changed.
bool is_changed_in_a_race(const planned_shard& shard, bool by_rename, std::mt19937& random)
{
    std::vector<pid_t> tasks;
    for (int i = 0; i < 6; ++i) {
        const pid_t child = fork();
        if (child == 0) _exit(place_manifest(shard, by_rename));
        tasks.push_back(child);
    }
    std::string first;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (i % 2 == 1) kill(tasks[i], random() % 2 == 0 ? SIGKILL : SIGSTOP);
        if (first.empty() && fs::exists(shard.place.manifest(0))) first = read_file(shard.place.manifest(0));
        if (i % 2 == 0) waitpid(tasks[i], nullptr, 0);
    }
    if (first.empty()) first = read_file(shard.place.manifest(0));  // the tasks that were not killed have ended
    for (std::size_t i = 1; i < tasks.size(); i += 2) {
        kill(tasks[i], SIGCONT);
        waitpid(tasks[i], nullptr, 0);
    }
    const bool is_changed = read_file(shard.place.manifest(0)) != first;
    CHECK_NOTHROW(shard.read());
    fs::remove(shard.place.manifest(0));
    return is_changed;
}

}  // namespace

TEST_CASE("of tasks that place a manifest at the same time, one does", "[batch][manifest]")
{
    planned_shard shard;
    for (shard_clip& each : shard.clips)
        each.outcome = {.clip = each.outcome.clip, .how = clip_outcome::status::failed, .why = reason::gone};
    std::mt19937 random(1);
    int linked = 0, renamed = 0;
    for (int race = 0; race < 40; ++race) {
        linked += is_changed_in_a_race(shard, false, random);
        renamed += is_changed_in_a_race(shard, true, random);
    }
    CHECK(linked == 0);
    CHECK(renamed > 0);  // or these races show nothing
}

TEST_CASE("a manifest is read as it was written", "[batch][manifest]")
{
    const planned_shard shard;
    shard.write(shard.text());
    const shard_head head = read_shard_head(shard.place.manifest(0), shard.plan, 0);
    CHECK(head.clips == shard.clips.size());
    CHECK(head.failed == 1);
    CHECK(head.transient == 1);
    CHECK(head.failures.at(reason::network) == 1);
    const std::vector<shard_clip> found = shard.read();
    REQUIRE(found.size() == shard.clips.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i].outcome.clip == shard.clips[i].outcome.clip);
    CHECK(found.front().outcome.frames == 10);
    CHECK(found.front().outcome.source == "MP4");
    CHECK(found.back().outcome.why == reason::network);
}

TEST_CASE("a manifest that others have made up is not taken", "[batch][manifest]")
{
    planned_shard shard;
    SECTION("cut off") { shard.write(shard.text().substr(0, shard.text().size() - 20)); }
    SECTION("of no bytes") { shard.write(""); }
    SECTION("with one more byte") { shard.write(shard.text().replace(shard.text().find("h264"), 4, "h265")); }
    SECTION("of other clips")
    {
        shard.clips.front().outcome.clip.label = "../../etc/passwd";
        shard.write(shard.text());
    }
    SECTION("of fewer clips")
    {
        shard.clips.pop_back();
        shard.write(shard.text());
    }
    SECTION("of another plan")
    {
        shard.plan.id = std::string(64, '0');
        shard.write(shard.text());
        shard.plan = shard.place.read();
    }
    SECTION("of no time")
    {
        shard.finished = 1'000'000'000'000;
        shard.write(shard.text());
    }
    SECTION("of a line without end") { shard.write(std::string(3 << 20, '{')); }
    CHECK_THROWS_AS(shard.read(), bad_shard_manifest);
    CHECK(shard.root.command({"merge", shard.root.path().string(), "--partial"}).status == 2);
}
