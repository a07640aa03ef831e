#include "reelpipe/folder_page.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "folder/fair_sample.hpp"
#include "folder/page_data.hpp"
#include "ledger/ledger.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::clip_census;
using reelpipe::fair_sample;
using reelpipe::histogram_of;
using reelpipe::ledger;
using reelpipe::page_on;
using reelpipe::series_of;
using reelpipe::test::temp_folder;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

reelpipe::clip_request clip(const std::string& video, const std::string& label)
{
    return {.video = video, .wanted = {1s, 11s}, .label = label, .split = ""};
}

reelpipe::clip_record stored(std::int64_t frames = 300)
{
    return {.file = {.bytes = 1'000'000},
            .frames = frames,
            .duration_s = 10,
            .streams = "h264 320x180, audio",
            .fetched = 3'000'000,
            .whole = 12'000'000,
            .resolve_s = 1,
            .fetch_s = 2,
            .cut_s = 3};
}

// The folder's ledger becomes what `fill` makes of it.
template <class Fill> void fill_ledger(const temp_folder& folder, Fill fill)
{
    std::filesystem::create_directories(folder / ".reelpipe");
    reelpipe::database db(folder / ".reelpipe/ledger.sqlite");
    ledger l(db);
    l.begin_run({.options = "{}", .lists = R"(["val.csv"])"});
    fill(l);
}

json data_of(const std::string& page)
{
    const std::string begin = R"(<script id="data" type="application/json">)";
    const std::size_t from = page.find(begin) + begin.size();
    return json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace

TEST_CASE("the page tells what the ledger knows", "[folder_page]")
{
    const temp_folder folder;
    fill_ledger(folder, [](ledger& l) {
        l.record(clip("a", "dance"), stored());
        l.record(clip("a", "jump"), stored());  // another name of the same clip: fetched and cut once
        l.record(clip("b", "dance"), stored(150));
        l.record(clip("c", "dance"), {.failed = reelpipe::reason::removed, .message = "gone for good"});
        l.record(reelpipe::fetch_record{.host = "media.example", .bytes = 3'000'000, .fetch_s = 2});
        l.record(reelpipe::attempt_record{.video = "c", .host = "media.example"});
        l.end_run("interrupted", R"({"wall_s": 5, "jobs": 2})", {{"dance", 4}, {"sing", 1}});
    });

    const json data = data_of(page_on({.folder = folder.path()}).html);

    CHECK(data["totals"]["stored"] == 3);
    CHECK(data["totals"]["failed"] == 1);
    CHECK(data["totals"]["videos"] == 3);
    CHECK(data["totals"]["bytes"] == 2'000'000);
    CHECK(data["traffic"] == json{{"fetched", 6'000'000}, {"fetched_of_known", 6'000'000}, {"whole", 24'000'000}});
    CHECK(data["stages"]["cut"] == 6);
    CHECK(data["stages"]["fetch"] == 4);
    CHECK(data["failures"][0]["reason"] == "removed");
    CHECK(data["failures"][0]["example"] == "c_000001_000011");
    CHECK(data["labels"]["rows"] == json{{"dance", 2, 1, 4}, {"sing", 0, 0, 1}, {"jump", 1, 0, 0}});
    CHECK(data["hosts"]["rows"] == json::array({{"media.example", 1, 3'000'000, 2.0, 1}}));
    CHECK(data["frame_sizes"] == json::array({{"320x180", 2}}));
    CHECK(data["frame_rates"]["least"] == 15);
    CHECK(data["frame_rates"]["most"] == 30);
    CHECK(data["runs"][0]["lists"] == json{"val.csv"});
    CHECK(data["measured_run"]["measured"]["jobs"] == 2);
    CHECK(data["failed_clips"]["rows"].size() == 1);
}

TEST_CASE("the page adds up what each run fetched of a video, and files on disk are not fetched", "[folder_page]")
{
    const temp_folder folder;
    fill_ledger(folder, [](ledger& l) {
        l.record(clip("a", "dance"), stored());
        l.end_run("interrupted", "", {{"dance", 2}});
        l.begin_run({.options = "{}", .lists = "[]"});
        reelpipe::clip_request later = clip("a", "dance");
        later.wanted = {20s, 30s};
        l.record(later, stored());
        reelpipe::clip_record on_disk = stored();
        on_disk.fetched = 0;
        l.record(clip("b", "dance"), on_disk);
    });

    const json data = data_of(page_on({.folder = folder.path()}).html);

    CHECK(data["traffic"] == json{{"fetched", 6'000'000}, {"fetched_of_known", 6'000'000}, {"whole", 12'000'000}});
    CHECK(data["totals"]["pending"] == 0);  // the second run has not ended, so nobody knows
    CHECK(data["all_runs"] == 2);
}

TEST_CASE("labels, ids and messages with markup in them stay text", "[folder_page]")
{
    const std::string evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";
    const temp_folder folder;
    fill_ledger(folder, [&](ledger& l) {
        l.record(clip(evil, evil), stored());
        l.record(clip("b" + evil, evil), {.failed = reelpipe::reason::removed, .message = evil + "\xff"});
        l.record(reelpipe::fetch_record{.host = evil});
        l.end_run("complete", evil, {{evil, 1}});
    });

    const std::string page = page_on({.folder = folder.path()}).html;

    CHECK_FALSE(has(page, "alert(1)</script>"));
    CHECK_FALSE(has(page, "<img src=x"));
    const json data = data_of(page);
    CHECK(data["labels"]["rows"][0][0] == evil);
    CHECK(has(data["failures"][0]["message"], evil));
    CHECK_FALSE(data.contains("measured_run"));
}

TEST_CASE("the page allows itself no request, and each has a word of its own for its scripts", "[folder_page]")
{
    const temp_folder folder;
    fill_ledger(folder, [](ledger& l) { l.record(clip("a", "l"), stored()); });
    const auto policy_of = [](const std::string& page) {
        const std::size_t from = page.find("content=\"default-src 'none'; img-src data:; script-src 'nonce-");
        REQUIRE(from != std::string::npos);
        return page.substr(from, page.find('>', from) - from);
    };

    const std::string one = page_on({.folder = folder.path()}).html, other = page_on({.folder = folder.path()}).html;

    CHECK(policy_of(one) != policy_of(other));
    CHECK_FALSE(has(policy_of(one), "unsafe"));
    for (const char* asks : {"src=\"http", "href=\"http", "url(", "@import", "sourceMappingURL"})
        CHECK_FALSE(has(one, asks));
    CHECK(has(one, "Chart.js Contributors"));
    CHECK(has(one, "Jukka Kurkela"));
    CHECK_FALSE(has(one, "{{"));
}

TEST_CASE("a folder without a ledger has no page", "[folder_page]")
{
    const temp_folder folder;
    CHECK_THROWS_WITH(page_on({.folder = folder.path()}).html, Catch::Matchers::ContainsSubstring("there is none"));
}

TEST_CASE("a sample takes small groups whole and large ones alike", "[folder_page]")
{
    fair_sample<int> sample(10);
    for (std::uint64_t i = 0; i < 100; ++i) sample.offer(1, i * 7919 % 101, [] { return 1; });
    for (std::uint64_t i = 0; i < 100; ++i) sample.offer(2, i * 7919 % 101, [] { return 2; });
    for (std::uint64_t i = 0; i < 2; ++i) sample.offer(3, i, [] { return 3; });

    const std::vector<int> drawn = sample.take();

    CHECK(drawn.size() == 10);
    for (const auto& [group, count] : {std::pair(1, 4), std::pair(2, 4), std::pair(3, 2)})
        CHECK(std::ranges::count(drawn, group) == count);
}

TEST_CASE("a sample of more groups than it may have leaves some groups out", "[folder_page]")
{
    fair_sample<std::uint64_t> sample(3);
    for (std::uint64_t group = 10; group > 0; --group) sample.offer(group, group, [group] { return group; });
    CHECK(sample.take() == std::vector<std::uint64_t>{1, 2, 3});
    fair_sample<int> none(0);
    none.offer(1, 1, [] { return 1; });
    CHECK(none.take().empty());
}

TEST_CASE("a histogram counts every value, and those far above in its last step", "[folder_page]")
{
    std::vector<float> values(1000, 10.0f);
    values.push_back(5);
    values.push_back(9000);
    const reelpipe::histogram h = histogram_of(values);
    std::uint64_t all = 0;
    for (const std::uint64_t count : h.counts) all += count;
    CHECK(all == values.size());
    CHECK(h.counts.size() <= 21);
    CHECK(h.has_more_above);
    CHECK(h.least == 5);
    CHECK(h.median == 10);
    CHECK(h.most == 9000);

    CHECK(histogram_of({}).counts.empty());
    CHECK(histogram_of({0, 0}).counts == std::vector<std::uint64_t>{2});
    CHECK(histogram_of({7}).counts == std::vector<std::uint64_t>{1});
}

TEST_CASE("a time series loses nothing, and leaves out what lies between two runs", "[folder_page]")
{
    std::vector<clip_census::moment> moments;
    constexpr std::int64_t first = 1'700'000'000, a_month = 30 * 86'400;
    for (std::int64_t i = 0; i < 1000; ++i) moments.push_back({.at = first + 60 * i, .stored = 1, .fetched = 5});
    for (std::int64_t i = 0; i < 1000; ++i) moments.push_back({.at = first + a_month + 60 * i, .failed = 1});
    moments.push_back({.at = 0, .stored = 1});  // a time that the ledger does not know

    const reelpipe::time_series series = series_of(moments);

    std::uint64_t stored = 0, failed = 0, fetched = 0, pauses = 0;
    for (std::size_t i = 0; i < series.steps.size(); ++i) {
        stored += series.steps[i].stored;
        failed += series.steps[i].failed;
        fetched += series.steps[i].fetched;
        if (i > 0) pauses += series.steps[i].at - series.steps[i - 1].at > series.seconds;
    }
    CHECK(stored == 1000);
    CHECK(failed == 1000);
    CHECK(fetched == 5000);
    CHECK(pauses == 1);
    CHECK(series.steps.size() < 200);
}
