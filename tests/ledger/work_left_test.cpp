#include "ledger/work_left.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::clip_request;
using reelpipe::reason;

TEST_CASE("what is asked for again is work that is left", "[work_left]")
{
    const auto clip_of = [](const char* video) {
        return clip_request{.video = video, .wanted = {1s, 11s}, .label = "label", .split = ""};
    };
    const reelpipe::test::temp_folder folder;
    reelpipe::database db(folder / "ledger.sqlite");
    reelpipe::ledger earlier(db);
    earlier.record(clip_of("stored"), {});
    earlier.record(clip_of("removed"), {.failed = reason::removed});
    earlier.record(clip_of("abroad"), {.failed = reason::geo_blocked});
    earlier.record(clip_of("lost"), {.failed = reason::network});
    earlier.commit();
    reelpipe::work_list list(db, folder.path());
    for (const char* video : {"stored", "removed", "abroad", "lost", "new"}) list.add(clip_of(video));
    list.seal();

    const reelpipe::work_left usual = reelpipe::count_work(list, {});
    CHECK(usual.stored == 1);
    CHECK(usual.failed == 2);
    CHECK(usual.videos == 2);

    const reelpipe::work_left again = reelpipe::count_work(list, {.reasons = {reason::geo_blocked}});
    CHECK(again.stored == 1);
    CHECK(again.failed == 1);
    CHECK(again.videos == 3);
    CHECK(again.clips == 3);
}

TEST_CASE("a verdict holds for who asks as the one who got it did", "[work_left]")
{
    const reelpipe::source_options mirror{.name = "http://mirror/{id}.mp4"}, other{.name = "http://other/{id}.mp4"};
    reelpipe::source_options through_proxy = mirror;
    through_proxy.proxies = {"http://proxy"};
    const reelpipe::asked_by before(mirror, true);
    const auto holds = [&](reason why, const reelpipe::source_options& present) {
        const reelpipe::clip_record failure{.failed = why, .asked = before.for_failure(why)};
        return reelpipe::retry_rule{.asking = reelpipe::asked_by(present, true)}.holds(failure);
    };
    CHECK(holds(reason::gone, mirror));
    CHECK_FALSE(holds(reason::gone, other));
    CHECK_FALSE(holds(reason::gone, through_proxy));
    CHECK(holds(reason::private_video, through_proxy));
    CHECK_FALSE(holds(reason::private_video, other));
    CHECK_FALSE(holds(reason::network, mirror));

    const reelpipe::clip_record of_an_older_program{.failed = reason::gone};
    CHECK(reelpipe::retry_rule{.asking = reelpipe::asked_by(other, true)}.holds(of_an_older_program));
}
