#include <signal.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <list>

#include "batch/shared_root.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr int try_again = 75, impossible = 65, usage = 64, configuration = 78;

std::size_t entries_in(const fs::path& folder)
{
    std::error_code none;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder, none), fs::directory_iterator{}));
}

// What holds whenever nobody is at work: each manifest speaks of clips that are there.
void check_manifests(const shared_root& root)
{
    std::uint64_t stored = 0, bytes = 0;
    for (const auto& [name, content] : root.clips()) bytes += content.size();
    const json status = root.status();
    for (const fs::directory_entry& each : fs::directory_iterator(root.manifests())) {
        std::ifstream lines(each.path());
        std::string line;
        std::getline(lines, line);
        stored += json::parse(line)["stored"].get<std::uint64_t>();
    }
    CHECK(status["stored"] == stored);
    CHECK(status["shards_damaged"].empty());
    if (status["shards_missing"].empty() && status["transient"] == 0) CHECK(status["bytes"] == bytes);
    CHECK_FALSE(fs::exists(root.path() / ".tmp"));
    CHECK(entries_in(root.site.folder / "scratch") == 0);
}

}  // namespace

TEST_CASE("tasks make together what one run makes, byte for byte", "[batch][task]")
{
    const shared_root root;
    const fs::path one = root.by_one_run();
    REQUIRE(root.plan().status == 0);
    REQUIRE(root.shards() == 3);

    const finished first = root.command(root.task({}), {"SLURM_ARRAY_TASK_ID=0"});
    INFO(first.err);
    CHECK(first.status == 0);
    CHECK(root.status()["shards_done"] == 2);
    CHECK(root.command({"missing", root.path().string()}).out == "2\n");
    CHECK(root.command({"missing", root.path().string(), "--format", "slurm"}).out == "1\n");
    CHECK(root.command({"merge", root.path().string()}).status == 2);
    CHECK(root.command({"merge", root.path().string(), "--partial"}).status == 1);

    const finished second = root.command(root.task({}), {"JOB_COMPLETION_INDEX=0", "REELPIPE_TASK_OFFSET=1"});
    INFO(second.err);
    CHECK(second.status == 0);
    check_manifests(root);
    CHECK(root.clips() == shared_root::clips_in(one));
    CHECK(root.command({"missing", root.path().string()}).status == 0);

    const finished merged = root.command({"merge", root.path().string()});
    INFO(merged.err);
    CHECK(merged.status == 0);
    CHECK(shared_root::report_of(root.path()) == shared_root::report_of(one));
    const std::string ledger = read_file(root.path() / ".reelpipe/ledger.sqlite"),
                      clips = read_file(root.path() / "clips.jsonl");
    const std::time_t then = std::time(nullptr);
    REQUIRE(comes_true([then] { return std::time(nullptr) > then; }));  // when it is merged leaves no trace
    CHECK(root.command({"merge", root.path().string()}).status == 0);
    CHECK(read_file(root.path() / ".reelpipe/ledger.sqlite") == ledger);
    CHECK(read_file(root.path() / "clips.jsonl") == clips);

    const finished verified = run({REELPIPE_BINARY, "verify", root.path().string()});
    INFO(verified.out << verified.err);
    CHECK(verified.status == 0);
    CHECK(run({REELPIPE_BINARY, "diff", (root.path() / "clips.jsonl").string(), one.string()}).status == 0);
}

TEST_CASE("a task that is run again asks for nothing that is done", "[batch][task]")
{
    shared_root root;
    REQUIRE(root.plan().status == 0);
    REQUIRE(root.run_task({"--shard", "all"}).status == 0);
    const auto asked = root.site.requests();
    const finished again = root.run_task({"--shard", "all"});
    CHECK(again.status == 0);
    CHECK_THAT(again.err, ContainsSubstring("3 done before"));
    CHECK(root.site.requests() == asked);
}

TEST_CASE("a task has to be told once which one it is", "[batch][task]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    const auto status_with = [&root](std::vector<std::string> environment,
                                     std::initializer_list<std::string> more = {}) {
        return root.command(root.task(more), std::move(environment)).status;
    };
    CHECK(status_with({}) == usage);
    CHECK(status_with({"SLURM_ARRAY_TASK_ID=0", "JOB_COMPLETION_INDEX=0"}) == usage);
    CHECK(status_with({"SLURM_ARRAY_TASK_ID=x"}) == usage);
    CHECK(status_with({"SLURM_ARRAY_TASK_ID=2"}) == usage);
    CHECK(status_with({"AWS_BATCH_JOB_ARRAY_INDEX=1", "REELPIPE_TASK_OFFSET=1"}) == usage);
    CHECK(status_with({"SGE_TASK_ID=undefined"}) == usage);
    CHECK(status_with({"BATCH_TASK_INDEX=1", "REELPIPE_TASK_OFFSET=4294967295"}) == usage);
    CHECK(status_with({}, {"--shard", "0-3"}) == usage);
    CHECK(status_with({}, {"--shard", ""}) == usage);
    CHECK(status_with({}, {"--shard", "0", "--task", "0"}) == usage);
    CHECK(status_with({}, {"--crf"}) == usage);
    CHECK(status_with({}, {"--task", "0", "--audio", "none"}) == configuration);
    CHECK(root.clips().empty());
    CHECK(status_with({"SLURM_ARRAY_TASK_ID=1", "JOB_COMPLETION_INDEX=1"}, {"--task", "0"}) == 0);
    CHECK(root.status()["shards_missing"] == json({2}));
}

TEST_CASE("a manifest that cannot be used is told, and its shard is not taken for done", "[batch][task]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    REQUIRE(root.run_task({"--shard", "all"}).status == 0);
    const fs::path manifest = root.manifests() / "000001.jsonl";
    write_file(manifest, "");
    const finished again = root.run_task({"--shard", "all"});
    CHECK(again.status == impossible);
    CHECK_THAT(again.err, ContainsSubstring("000001.jsonl: it ends too early; move it away"));
    const finished submitted = root.command({"submit", "slurm", root.path().string(), "--print"});
    CHECK_THAT(submitted.out, ContainsSubstring("Submits 1 of 2 tasks"));
    fs::remove(manifest);
    CHECK(root.run_task({"--shard", "all"}).status == 0);
}

TEST_CASE("options that any user could have written start no task", "[batch][task]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    fs::permissions(root.path() / "plan/options.toml", fs::perms::others_write, fs::perm_options::add);
    const finished end = root.run_task({"--shard", "all"});
    CHECK(end.status == configuration);
    CHECK_THAT(end.err, ContainsSubstring("any user may write to it"));
}

TEST_CASE("each scheduler's variable says which task it is", "[batch][task]")
{
    const shared_root root(1);
    REQUIRE(root.plan().status == 0);
    for (const char* const first :
         {"SLURM_ARRAY_TASK_ID=0", "JOB_COMPLETION_INDEX=0", "AWS_BATCH_JOB_ARRAY_INDEX=0", "BATCH_TASK_INDEX=0",
          "CLOUD_RUN_TASK_INDEX=0", "PBS_ARRAY_INDEX=0", "SGE_TASK_ID=1", "LSB_JOBINDEX=1"}) {
        CAPTURE(first);
        CHECK(root.command(root.task({}), {first}).status == 0);
        CHECK(root.command(root.task({}), {first, "REELPIPE_TASK_OFFSET=1"}).status == usage);
    }
}

TEST_CASE("a dead video is a failure that holds, and its shard is finished", "[batch][task]")
{
    const shared_root root;
    std::ofstream(root.list, std::ios::app) << shared_root::rows_of("dead");
    const fs::path one = root.by_one_run();
    REQUIRE(root.plan({"--hashes"}).status == 0);
    const finished end = root.run_task({"--shard", "all"});
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(root.status()["failures"]["gone"] == 4);
    CHECK_THAT(root.command({"status", root.path().string()}).out, ContainsSubstring("24 stored, 4 failed"));
    CHECK(root.command({"merge", root.path().string()}).status == 1);
    CHECK(shared_root::report_of(root.path()) == shared_root::report_of(one));
    CHECK_THAT(read_file(root.path() / "clips.jsonl"), ContainsSubstring("\"sha256\""));
    CHECK(root.command({"repair", root.path().string()}).out == "no clip is to be repaired\n");
}

TEST_CASE("failures that may pass leave no manifest, or one that a repair goes on from", "[batch][task]")
{
    // A host that drops the connections for one video, and only for this one.
    shared_root root;
    const nginx flaky(root.site.folder.path(), {.in_location = "if ($uri ~ video3) { return 444; }"});
    const std::string source = flaky.url("media/{id}.mp4");

    SECTION("too many: the next task makes the shard")
    {
        REQUIRE(root.plan({"--max-transient", "0"}).status == 0);
        const finished end = root.run_task({"--shard", "all", "--source", source, "--attempts", "1"});
        INFO(end.err);
        CHECK(end.status == try_again);
        CHECK_THAT(end.err, ContainsSubstring("failed for the time being"));
        CHECK(root.status()["shards_done"] == 2);
        CHECK(root.run_task({"--shard", "all"}).status == 0);
        CHECK(root.status()["failed"] == 0);
    }
    SECTION("few enough: the shard is finished, and a repair makes the rest")
    {
        REQUIRE(root.plan({"--max-transient", "60"}).status == 0);
        const finished end = root.run_task({"--shard", "all", "--source", source, "--attempts", "1"});
        INFO(end.err);
        REQUIRE(end.status == 0);
        CHECK(root.status()["transient"] == 4);
        CHECK_THAT(root.command({"repair", root.path().string()}).out, ContainsSubstring("repair\t1\nclips\t4\n"));
        CHECK(root.command({"repair", root.path().string()}).status == 2);  // the first one has to end
        CHECK(root.command({"merge", root.path().string()}).status == 2);
        const finished repaired = root.run_task({"--repair", "1", "--task", "0"});
        INFO(repaired.err);
        CHECK(repaired.status == 0);
        CHECK(root.command({"merge", root.path().string()}).status == 0);
        CHECK(root.command({"repair", root.path().string()}).out == "no clip is to be repaired\n");
    }
    check_manifests(root);
    CHECK(root.clips() == shared_root::clips_in(root.by_one_run()));
}

TEST_CASE("a source that is down costs no clip", "[batch][task]")
{
    shared_root root;
    REQUIRE(root.plan().status == 0);
    root.site.server.stop();
    CHECK(root.run_task({"--shard", "all", "--attempts", "1"}).status == try_again);
    CHECK(root.status()["stored"] == 0);
    root.site.server.start_again();
    CHECK(root.run_task({"--shard", "all"}).status == 0);
    check_manifests(root);
}

TEST_CASE("tasks on the same shards at the same time make each clip once", "[batch][task]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    std::list<process> tasks;
    for (int i = 0; i < 3; ++i) tasks.emplace_back(root.words_of_task({"--shard", "all"}));
    for (process& each : tasks) {
        const finished end = each.wait();
        INFO(end.err);
        CHECK(end.status == 0);
    }
    check_manifests(root);
    CHECK(root.clips() == shared_root::clips_in(root.by_one_run()));
    CHECK(root.command({"merge", root.path().string()}).status == 0);
}

TEST_CASE("a task that is killed or asked to end leaves nothing wrong", "[batch][task]")
{
    const shared_root root(12);
    REQUIRE(root.plan().status == 0);
    const nginx slow(root.site.folder.path(), {.in_location = "limit_rate 300k;"});
    process task(root.words_of_task({"--shard", "all", "--connections", "1", "--source", slow.url("media/{id}.mp4")}));
    REQUIRE(comes_true([&] { return !root.clips().empty(); }));

    SECTION("killed")
    {
        task.signal(SIGKILL);
        task.wait();
        CHECK(entries_in(root.path() / ".tmp") == 1);
        CHECK(root.status()["workers"].size() == 1);
        CHECK(root.command({"gc", root.path().string()}).out == "0 removed, 1 kept\n");
        for (const fs::directory_entry& each : fs::recursive_directory_iterator(root.path() / ".tmp"))
            fs::last_write_time(each.path(), fs::file_time_type::clock::now() - std::chrono::hours(2));
        CHECK(root.status()["workers"][0]["silent"] == true);
        CHECK(root.command({"gc", root.path().string()}).out == "1 removed, 0 kept\n");
    }
    SECTION("asked to end")
    {
        task.signal(SIGTERM);
        const finished end = task.wait();
        INFO(end.err);
        CHECK(end.status == try_again);
        CHECK_THAT(end.err, ContainsSubstring("finishing what is in flight") && ContainsSubstring("was asked to end"));
    }
    const finished again = root.run_task({"--shard", "all"});
    INFO(again.err);
    CHECK(again.status == 0);
    check_manifests(root);
    CHECK(root.clips() == shared_root::clips_in(root.by_one_run()));
}

TEST_CASE("what is in flight when the grace is over is dropped", "[batch][task]")
{
    const shared_root root(1);
    REQUIRE(root.plan().status == 0);
    const nginx stuck(root.site.folder.path(), {.in_location = "limit_rate 1k;"});
    process task(root.words_of_task({"--shard", "all", "--grace", "0", "--source", stuck.url("media/{id}.mp4")}));
    REQUIRE(comes_true([&] { return fs::exists(root.path() / ".tmp"); }));
    task.signal(SIGTERM);
    CHECK(task.wait().status == try_again);
    CHECK(root.clips().empty());
    check_manifests(root);
}

TEST_CASE("a shard whose rows are damaged costs no other one", "[batch][task]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    std::string rows = read_file(root.path() / "plan/rows");
    rows[rows.find("video")] = 'V';
    write_file(root.path() / "plan/rows", rows);
    const finished end = root.run_task({"--shard", "all"});
    CHECK(end.status == impossible);
    CHECK_THAT(end.err, ContainsSubstring("make the plan again"));
    CHECK(root.status()["shards_done"] == 2);
}
