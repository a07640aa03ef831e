#include "ledger/work_list.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::clip_request;
using reelpipe::row_status;
using reelpipe::wanted_clip;

namespace {

struct opened_list {
    reelpipe::test::temp_folder folder{};
    reelpipe::database db{folder / "ledger.sqlite"};
    reelpipe::ledger ledger{db};
    reelpipe::work_list list{db, std::filesystem::temp_directory_path()};
};

clip_request clip(std::string video, std::chrono::seconds start, std::string label = "label")
{
    return {.video = std::move(video), .wanted = {start, start + 10s}, .label = std::move(label), .split = "val"};
}

std::vector<wanted_clip> all_of(reelpipe::work_list& list, std::size_t page_size)
{
    std::vector<wanted_clip> all;
    for (;;) {
        const auto page = list.after(all.empty() ? nullptr : &all.back(), page_size);
        if (page.empty()) return all;
        all.insert(all.end(), page.begin(), page.end());
    }
}

}  // namespace

TEST_CASE("clips of one video are neighbours, whatever the order of the list", "[work_list]")
{
    opened_list o;
    for (const auto& c : {clip("b", 5s), clip("-a", 9s), clip("b", 1s), clip("-a", 2s)}) o.list.add(c);
    const auto size = o.list.seal();

    const std::size_t page_size = GENERATE(1u, 2u, 3u, 100u);
    const auto all = all_of(o.list, page_size);

    CHECK(size.rows == 4);
    CHECK(size.clips == 4);
    CHECK(size.videos == 2);
    REQUIRE(all.size() == 4);
    CHECK(all[0].clip == clip("-a", 2s));
    CHECK(all[1].clip == clip("-a", 9s));
    CHECK(all[2].clip == clip("b", 1s));
    CHECK(all[3].clip == clip("b", 5s));
}

TEST_CASE("videos of a lower turn come first, and within a turn it goes by id", "[work_list]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::database db{folder / "ledger.sqlite"};
    const reelpipe::ledger ledger{db};
    reelpipe::work_list list{db, folder.path(), [](std::string_view video) { return video == "a" ? 2U : 1U; }};
    for (const auto& c : {clip("a", 5s), clip("c", 9s), clip("b", 1s), clip("c", 2s)}) list.add(c);
    CHECK(list.seal().videos == 3);

    const std::size_t page_size = GENERATE(1u, 2u, 100u);
    const auto all = all_of(list, page_size);

    REQUIRE(all.size() == 4);
    CHECK(all[0].clip == clip("b", 1s));
    CHECK(all[1].clip == clip("c", 2s));
    CHECK(all[2].clip == clip("c", 9s));
    CHECK(all[3].clip == clip("a", 5s));
    CHECK(list.of_video("a").size() == 1);
    CHECK(list.of_video("c").size() == 2);
}

TEST_CASE("rows with the same video, segment and label are one clip, the first one", "[work_list]")
{
    opened_list o;
    clip_request of_other_split = clip("a", 1s, "zebra");
    of_other_split.split = "train";
    for (const auto& c : {clip("a", 1s, "zebra"), clip("a", 1s, "ant"), of_other_split, clip("a", 1s, "ant")})
        o.list.add(c);
    const auto size = o.list.seal();

    CHECK(size.rows == 4);
    CHECK(size.clips == 2);
    CHECK(size.videos == 1);
    const auto all = all_of(o.list, GENERATE(1u, 2u, 100u));
    REQUIRE(all.size() == 2);
    CHECK(all[0].clip == clip("a", 1s, "ant"));
    CHECK(all[0].row == 2);
    CHECK(all[1].clip == clip("a", 1s, "zebra"));
    CHECK(all[1].row == 1);
}

TEST_CASE("lists of clips and of whole videos say what is wanted and what is not", "[work_list]")
{
    const clip_request whole_video{.video = "b", .wanted = {}, .label = {}, .split = {}};
    SECTION("excluded")
    {
        opened_list o;
        o.list.exclude(clip("a", 1s, "whatever"));
        o.list.exclude(whole_video);
        CHECK_FALSE(o.list.admits(clip("a", 1s)));
        CHECK(o.list.admits(clip("a", 2s)));
        CHECK_FALSE(o.list.admits(clip("b", 1s)));
        CHECK(o.list.admits(clip("c", 1s)));
    }
    SECTION("allowed")
    {
        opened_list o;
        o.list.allow(clip("a", 1s, "whatever"));
        o.list.allow(whole_video);
        o.list.exclude(clip("b", 7s));
        CHECK(o.list.admits(clip("a", 1s)));
        CHECK_FALSE(o.list.admits(clip("a", 2s)));
        CHECK(o.list.admits(clip("b", 1s)));
        CHECK_FALSE(o.list.admits(clip("b", 7s)));
        CHECK_FALSE(o.list.admits(clip("c", 1s)));
    }
}

TEST_CASE("what an earlier run recorded comes with the clip", "[work_list]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::database db(folder / "ledger.sqlite");
    reelpipe::ledger earlier(db);
    earlier.record(clip("stored", 1s), {.file = {.bytes = 7, .modified_ns = 8}, .frames = 300});
    earlier.record(clip("dead", 1s), {.failed = reelpipe::reason::removed, .message = "gone", .attempts = 2});
    earlier.commit();
    reelpipe::work_list list(db, std::filesystem::temp_directory_path());
    for (const char* video : {"dead", "new", "stored"}) list.add(clip(video, 1s));
    list.seal();

    const auto all = all_of(list, 100);
    REQUIRE(all.size() == 3);
    REQUIRE(all[0].before);
    CHECK(all[0].before->failed == reelpipe::reason::removed);
    CHECK(all[0].before->message == "gone");
    CHECK_FALSE(all[1].before);
    REQUIRE(all[2].before);
    CHECK_FALSE(all[2].before->failed);
    CHECK(all[2].before->file == reelpipe::store::file_signature{.bytes = 7, .modified_ns = 8});
}

TEST_CASE("the visit is in list order, knows who is still pending, and has the remarks", "[work_list]")
{
    opened_list o;
    for (const char* video : {"c", "a", "b", "a"}) o.list.add(clip(video, 1s));
    o.list.seal();
    o.list.settle(1, row_status::stored);
    o.list.settle(3, row_status::failed, "not yet known");
    o.list.settle(3, row_status::failed, "why");

    std::vector<std::string> seen;
    o.list.visit([&](const clip_request& c, row_status how, std::string_view note) {
        seen.push_back(c.video + std::to_string(static_cast<int>(how)) + std::string(note));
    });

    CHECK(seen == std::vector<std::string>{"c1", "a0", "b3why"});
}

TEST_CASE("ids are compared byte by byte", "[work_list]")
{
    opened_list o;
    for (const char* video : {"abc", "ABC", "Abc"}) o.list.add(clip(video, 1s));
    CHECK(o.list.seal().videos == 3);
}

TEST_CASE("lists, and what sorting them takes, are kept in the folder that is given", "[work_list]")
{
    const reelpipe::test::temp_folder folder;
    std::filesystem::create_directories(folder / "temporary");
    reelpipe::database db(folder / "ledger.sqlite", folder / "temporary");
    const reelpipe::ledger ledger(db);
    reelpipe::work_list list(db, folder / "temporary");
    const std::string label(200, 'l');
    for (int i = 0; i < 150'000; ++i) list.add(clip("video" + std::to_string(i * 7919 % 150'000), 1s, label));

    // More than the cache holds, so a part of it is on disk, in files that have lost their names.
    std::uintmax_t here = 0, elsewhere = 0;
    const auto look = [&] {
        for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code closed;
            const std::string name = std::filesystem::read_symlink(each.path(), closed).string();
            if (!name.ends_with(" (deleted)")) continue;
            const std::uintmax_t bytes = std::filesystem::file_size(each.path(), closed);
            if (name.starts_with((folder / "temporary").string())) here += closed ? 0 : bytes;
            if (name.find("etilqs_") != std::string::npos) ++elsewhere;  // as SQLite calls them
        }
    };
    look();
    CHECK(here > 10'000'000);
    CHECK(list.seal().videos == 150'000);
    {
        reelpipe::statement sorted = db.prepare("SELECT video, label FROM temp.wanted ORDER BY label, video DESC");
        REQUIRE(sorted.step());
        look();
    }
    CHECK(elsewhere == 0);
    CHECK(std::filesystem::is_empty(folder / "temporary"));
    CHECK(all_of(list, 50'000).size() == 150'000);
}
