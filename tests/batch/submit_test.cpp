#include <signal.h>

#include <algorithm>
#include <cstdlib>

#include "batch/shared_root.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;

namespace {

void write_program(const fs::path& file, const std::string& lines)
{
    write_file(file, "#!/bin/sh\n" + lines);
    fs::permissions(file, fs::perms::owner_all);
}

// Stubs of Slurm's programs: they say what they were called with, and sbatch keeps the script of the array.
struct slurm_stubs {
    explicit slurm_stubs(const fs::path& where) : folder(where)
    {
        fs::create_directories(folder);
        write_program(folder / "sbatch", "echo \"sbatch $*\" >>" + calls().string() +
                                             "\nfor each; do script=$last last=$each; done\n"
                                             "case $last in --wrap=*) ;; *) cp \"$script\" " +
                                             script().string() + ";; esac\necho 17\n");
        for (const char* const name : {"scontrol", "scancel"})
            write_program(folder / name, fmt::format("echo \"{} $*\" >>{}\nexit 1\n", name, calls().string()));
        write_file(calls(), "");
    }

    fs::path calls() const { return folder / "calls"; }
    fs::path script() const { return folder / "array.sh"; }
    std::string path() const { return fmt::format("PATH={}:{}", folder.string(), std::getenv("PATH")); }

    fs::path folder;
};

}  // namespace

TEST_CASE("what is missing is submitted to Slurm in windows, and a merge behind them", "[batch][submit]")
{
    const shared_root root(8);
    REQUIRE(root.plan({"--shard-clips=4", "--task-clips=4", "--max-tasks=3"}).status == 0);
    REQUIRE(root.shards() == 8);
    REQUIRE(root.run_task({"--task", "1"}).status == 0);
    const slurm_stubs slurm(root.site.folder / "stubs");

    const finished end = root.command({"submit", "slurm", root.path().string(), "--max-array-size", "5",
                                       "--sbatch=--mem=2G", "--program", "/bin/reelpipe"},
                                      {slurm.path()});
    INFO(end.err);
    CHECK(end.status == 0);
    const std::string calls = read_file(slurm.calls());
    CHECK_THAT(calls, ContainsSubstring("--array=0,2-3%3 --mem=2G") && ContainsSubstring(" 0\n") &&
                          ContainsSubstring("--array=0-3%3 --dependency=afterany:17 --mem=2G") &&
                          ContainsSubstring(" 4\n") &&
                          ContainsSubstring("--dependency=afterany:17 --mem=2G --wrap=/bin/reelpipe batch merge"));
    CHECK(std::ranges::count(calls, '\n') == 3);
    CHECK(run({"bash", "-n", slurm.script().string()}).status == 0);
}

TEST_CASE("the script of an array does what an exit status asks for", "[batch][submit]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    const slurm_stubs slurm(root.site.folder / "stubs");
    write_program(slurm.folder / "task", "exit $TASK_ENDS_WITH\n");
    REQUIRE(root.command({"submit", "slurm", root.path().string(), "--restarts", "2", "--program",
                          (slurm.folder / "task").string()},
                         {slurm.path()})
                .status == 0);

    const auto calls_after = [&slurm](int status, int restarts) {
        write_file(slurm.calls(), "");
        const finished end = run({"bash", slurm.script().string()},
                                 {slurm.path(), fmt::format("TASK_ENDS_WITH={}", status), "SLURM_ARRAY_JOB_ID=17",
                                  "SLURM_ARRAY_TASK_ID=4", fmt::format("SLURM_RESTART_COUNT={}", restarts)});
        CHECK(end.status == status);
        return read_file(slurm.calls());
    };
    CHECK(calls_after(0, 0).empty());
    CHECK(calls_after(65, 0).empty());
    CHECK(calls_after(75, 1) == "scontrol requeue 17_4\n");
    CHECK(calls_after(75, 2).empty());
    CHECK(calls_after(64, 0) == "scancel 17\n");
    CHECK(calls_after(78, 0) == "scancel 17\n");
}

TEST_CASE("the script of an array hands SIGTERM on, and waits for the end of its task", "[batch][submit]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    const slurm_stubs slurm(root.site.folder / "stubs");
    const fs::path begun = slurm.folder / "begun";
    write_program(slurm.folder / "task",
                  "trap 'exit 75' TERM\ntouch " + begun.string() + "\nwhile :; do sleep 0.01; done\n");
    REQUIRE(root.command({"submit", "slurm", root.path().string(), "--restarts", "0", "--program",
                          (slurm.folder / "task").string()},
                         {slurm.path()})
                .status == 0);
    process script({"bash", slurm.script().string()}, {slurm.path()});
    REQUIRE(comes_true([&] { return fs::exists(begun); }));
    script.signal(SIGTERM);
    CHECK(script.wait().status == 75);
}

TEST_CASE("nothing is submitted when nothing is missing", "[batch][submit]")
{
    const shared_root root(1);
    REQUIRE(root.plan().status == 0);
    REQUIRE(root.run_task({"--shard", "all"}).status == 0);
    const finished end = root.command({"submit", "slurm", root.path().string(), "--print"});
    CHECK(end.status == 0);
    CHECK(end.out.empty());
    CHECK_THAT(end.err, ContainsSubstring("nothing is missing"));
}

TEST_CASE("an Indexed Job has an index for each task, and rules for exit statuses", "[batch][submit]")
{
    const shared_root root;
    REQUIRE(root.plan({"--max-tasks=9"}).status == 0);
    CHECK(root.command({"submit", "k8s", root.path().string(), "--print"}).status == 2);
    const finished end = root.command({"submit", "k8s", root.path().string(), "--image", "registry/reelpipe: \"x\"",
                                       "--print", "--task-option=--jobs=2"});
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, ContainsSubstring("  completions: 2\n  parallelism: 2\n  backoffLimitPerIndex: ") &&
                            ContainsSubstring("          image: \"registry/reelpipe: \\\"x\\\"\"\n") &&
                            ContainsSubstring("            - \"--jobs=2\"\n") && ContainsSubstring("values: [65]") &&
                            ContainsSubstring("values: [64, 78]"));
}
