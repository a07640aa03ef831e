#include "batch/plan_folder.hpp"

#include <fstream>

#include "batch/plan_row.hpp"
#include "batch/shared_root.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using reelpipe::clip_request;

TEST_CASE("a row of a plan says exactly what the list says", "[batch][plan]")
{
    const clip_request clip = GENERATE(
        clip_request{.video = "-dQw4w9WgXc", .wanted = {12345678us, 22345679us}, .label = "a", .split = "val"},
        clip_request{.video = "''@x", .wanted = {0us, 1us}, .label = "two\nlines, \"quoted\" \\ \t", .split = ""},
        clip_request{.video = "https://host/ä?v=1", .wanted = {1s, 240h}, .label = "\xf0\x9f\x98\x80", .split = "x"});
    std::string row;
    reelpipe::add_plan_row(row, clip);
    REQUIRE(row.ends_with("]\n"));
    CHECK(row.find('\n') == row.size() - 1);
    row.pop_back();
    CHECK(reelpipe::clip_of_plan_row(row) == clip);
}

TEST_CASE("a row that no list has is no row of a plan", "[batch][plan]")
{
    for (const char* const row :
         {"", "{}", "[]", R"(["v",1,2,"l"])", R"(["v",2,1,"l",""])", R"(["v",-1,1,"l",""])", R"(["",1,2,"l",""])",
          R"(["v","1",2,"l",""])", R"(["v",1,9000000000000000000,"l",""])", R"(["v",1,2,"l",""] x)"}) {
        CAPTURE(row);
        CHECK_THROWS_AS(reelpipe::clip_of_plan_row(row), reelpipe::bad_plan_row);
    }
}

TEST_CASE("each clip of a list is in one shard of its plan, beside the other clips of its video", "[batch][plan]")
{
    const shared_root root(20);
    const finished end = root.plan();
    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK_THAT(end.out, ContainsSubstring("clips\t80\n") && ContainsSubstring("shards\t10\n") &&
                            ContainsSubstring("tasks\t5\n"));

    const reelpipe::plan_folder place({.root = root.path()});
    const reelpipe::batch_plan plan = place.read();
    std::set<clip_request> clips;
    std::map<std::string, std::uint32_t> shard_of;
    for (std::uint32_t shard = 0; shard < plan.shards; ++shard) {
        const auto rows = place.rows(plan, shard);
        CHECK(std::ranges::is_sorted(rows));
        for (const clip_request& each : rows) {
            CHECK(clips.insert(each).second);
            CHECK(shard_of.try_emplace(each.video, shard).first->second == shard);
        }
    }
    CHECK(clips.size() == 80);
}

TEST_CASE("the same lists and options are the same plan, others are refused with what is different", "[batch][plan]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    const std::string rows = read_file(root.path() / "plan/rows");

    SECTION("the same, for other tasks")
    {
        const finished again = root.plan({"--task-clips=8", "--max-tasks=3"});
        INFO(again.err);
        CHECK(again.status == 0);
        CHECK_THAT(again.err, ContainsSubstring("was there already"));
        CHECK(nlohmann::json::parse(read_file(root.path() / "plan/plan.json"))["max_tasks"] == 3);
        const auto readers = fs::status(root.path() / "plan/options.toml").permissions();
        CHECK(readers == (fs::perms::owner_read | fs::perms::owner_write));
    }
    SECTION("another option that shapes clips")
    {
        const finished other = root.plan({"--audio", "none"});
        CHECK(other.status == 2);
        CHECK_THAT(other.err, ContainsSubstring("--audio was 'copy' and is now 'none'"));
    }
    SECTION("a list with another row")
    {
        std::ofstream(root.list, std::ios::app) << "video0,50,51,l\n";
        const finished other = root.plan();
        CHECK(other.status == 2);
        CHECK_THAT(other.err, ContainsSubstring("list.csv has changed") && ContainsSubstring("24 clips and has 25"));
    }
    SECTION("shards of another size")
    {
        const finished other = root.plan({"--shard-clips=4"});
        CHECK(other.status == 2);
        CHECK_THAT(other.err, ContainsSubstring("--shard-clips was 8 and is now 4"));
    }
    CHECK(read_file(root.path() / "plan/rows") == rows);
    CHECK_FALSE(fs::exists(root.path() / ".tmp"));
}

TEST_CASE("a plan is not made over what is something else", "[batch][plan]")
{
    const shared_root root;
    SECTION("a folder of a run")
    {
        REQUIRE(run({REELPIPE_BINARY, "download", root.list, "-o", root.path().string(), "--source",
                     root.site.url_template(), "--cut", "lossless", "--limit", "1"})
                    .status == 0);
        CHECK_THAT(root.plan().err, ContainsSubstring("is a folder of `reelpipe download`"));
    }
    SECTION("a label whose folder would be that of the plan, or a file of a merge")
    {
        const std::string label = GENERATE("plan", "clips.jsonl");
        root.site.list(std::string(columns) + "video0,1,2," + label + "\n");
        const finished end = root.plan();
        CHECK(end.status == 2);
        CHECK_THAT(end.err, ContainsSubstring("label '" + label + "'"));
    }
    SECTION("a list without rows that are wanted")
    {
        CHECK(root.plan({"--limit", "1", "--exclude", root.list}).status == 2);
    }
    CHECK_FALSE(fs::exists(root.path() / "plan/plan.json"));
}

TEST_CASE("rows that were changed after the plan are not taken", "[batch][plan]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    const fs::path file = root.path() / "plan/rows";
    std::string rows = read_file(file);
    rows[rows.find("video")] = 'V';
    write_file(file, rows);

    const reelpipe::plan_folder place({.root = root.path()});
    const reelpipe::batch_plan plan = place.read();
    int damaged = 0;
    for (std::uint32_t shard = 0; shard < plan.shards; ++shard) try {
            place.rows(plan, shard);
        } catch (const reelpipe::damaged_shard&) {
            ++damaged;
        }
    CHECK(damaged == 1);
}

TEST_CASE("a file that is no plan is said to be none", "[batch][plan]")
{
    const shared_root root;
    REQUIRE(root.plan().status == 0);
    const fs::path file = root.path() / "plan/plan.json";
    nlohmann::json plan = nlohmann::json::parse(read_file(file));
    const auto with = [&](const char* name, const nlohmann::json& value) {
        nlohmann::json other = plan;
        other[name] = value;
        return other.dump();
    };
    for (const std::string& text :
         {std::string("{"), std::string("[]"), std::string(5 << 20, ' '), with("shards", 0), with("shards", -1),
          with("shards", 4e9), with("id", "../../etc"), with("shards_per_task", 0), with("reelpipe_batch_plan", 2),
          with("rule", "another"), with("options", 1)}) {
        write_file(file, text);
        CAPTURE(text.substr(0, 200));
        CHECK_THROWS_AS(reelpipe::plan_folder({.root = root.path()}).read(), reelpipe::usage_error);
        CHECK(root.command({"status", root.path().string()}).status == 2);
        CHECK(root.run_task({"--task", "0"}).status == 78);
    }
}
