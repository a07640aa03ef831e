#include "site/quota.hpp"

#include "site/shared_quota.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::quota;
using reelpipe::shared_quota;
using reelpipe::test::temp_folder;

namespace {

constexpr quota::time begin{};

// What goes out in `span`, asked for as often as it is allowed.
int taken(quota& bucket, quota::time& now, quota::duration span)
{
    int count = 0;
    for (const auto end = now + span;;) {
        const auto wait = bucket.wait(now);
        if (now + wait > end) break;
        now += wait;
        bucket.take(now);
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a bucket gives three at once, then so many an hour", "[quota]")
{
    quota bucket(240, begin);
    quota::time now = begin;

    CHECK(taken(bucket, now, 0s) == 3);
    CHECK(bucket.wait(now) == 15s);
    CHECK(taken(bucket, now, 1h) == 240);
}

TEST_CASE("a video that took several requests is waited for as long as several videos", "[quota]")
{
    quota bucket(240, begin);
    quota::time now = begin;
    int videos = 0;
    while (now < begin + 1h) {
        bucket.take(now);
        bucket.take(now, 2);  // known once they were made
        ++videos;
        now += bucket.wait(now);
    }
    CHECK(videos == 81);  // three requests may go out at once
    bucket.take(now, 100);
    CHECK(bucket.wait(now) >= 100 * 15s);
}

TEST_CASE("a bucket without a rate lets all through", "[quota]")
{
    quota bucket(0, begin);
    for (int i = 0; i < 100; ++i) {
        REQUIRE(bucket.wait(begin) == 0s);
        bucket.take(begin);
    }
    bucket.slow_down(begin);
    CHECK(bucket.wait(begin) == 0s);
}

TEST_CASE("signs of a limit halve the rate, successes give it back slowly, and never more", "[quota]")
{
    quota bucket(240, begin);
    bucket.slow_down(begin);
    CHECK(bucket.per_hour() == 120);
    bucket.slow_down(begin);
    CHECK(bucket.per_hour() == 60);
    for (int i = 0; i < 5; ++i) bucket.speed_up(begin);
    CHECK(bucket.per_hour() == 120);
    for (int i = 0; i < 50; ++i) bucket.speed_up(begin);
    CHECK(bucket.per_hour() == 240);
    for (int i = 0; i < 50; ++i) bucket.slow_down(begin);
    CHECK(bucket.per_hour() == 15);
}

TEST_CASE("a night's rest gives no more than three at once", "[quota]")
{
    quota bucket(240, begin);
    quota::time now = begin;
    taken(bucket, now, 1h);
    now += 12h;
    CHECK(taken(bucket, now, 0s) == 3);
}

TEST_CASE("buckets that share a file give together what one would", "[quota][shared]")
{
    const temp_folder folder;
    shared_quota first(240, begin, folder / "quota"), second(240, begin, folder / "quota");
    quota::time now = begin;
    int given = 0;
    for (const auto end = now + 1h; now <= end; now += 1s)
        for (shared_quota* const each : {&first, &second}) given += each->claim(now) == 0s;
    CHECK(given == 3 + 240);

    second.slow_down(now);
    given = 0;
    for (const auto end = now + 1h; now < end; now += 1s) given += first.claim(now) == 0s;
    CHECK(given <= 121);
}

TEST_CASE("a shared bucket begins anew after a restart of the machine, or where its file is damaged", "[quota][shared]")
{
    const temp_folder folder;
    shared_quota(240, begin + 100h, folder / "quota").take(begin + 100h, 3);
    shared_quota after(240, begin, folder / "quota");  // the clock stood at 100 h before
    CHECK(after.claim(begin) == 15s);
    CHECK(after.claim(begin + 15s) == 0s);
    reelpipe::test::write_file(folder / "quota", "nonsense");
    CHECK(shared_quota(240, begin, folder / "quota").claim(begin) == 0s);
}
