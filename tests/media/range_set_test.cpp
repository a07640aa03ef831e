#include "media/range_set.hpp"

#include <random>
#include <vector>

#include "support/catch.hpp"

using reelpipe::media::byte_range;
using reelpipe::media::range_set;

TEST_CASE("ranges that overlap or touch become one", "[range_set]")
{
    range_set set;
    set.add({10, 20});
    set.add({30, 40});
    set.add({20, 30});

    CHECK(set.ranges() == std::vector<byte_range>{{10, 40}});
    CHECK(set.bytes() == 30);
}

TEST_CASE("an empty range adds nothing and is always held", "[range_set]")
{
    range_set set;
    set.add({5, 5});

    CHECK(set.ranges().empty());
    CHECK(set.holds({7, 7}));
}

TEST_CASE("a range set agrees with a bitmap", "[range_set]")
{
    constexpr std::uint64_t size = 64;
    const auto seed = Catch::getSeed();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::uint64_t> offset(0, size);

    for (int round = 0; round < 500; ++round) {
        range_set set;
        std::vector<bool> bitmap(size);
        for (int i = 0; i < 12; ++i) {
            const std::uint64_t a = offset(random), b = offset(random);
            set.add({a, b});
            for (std::uint64_t at = a; at < b; ++at) bitmap[at] = true;
        }
        const std::uint64_t a = offset(random), b = offset(random);
        std::vector<bool> gaps(size);
        for (const byte_range& gap : set.missing({a, b}))
            for (std::uint64_t at = gap.begin; at < gap.end; ++at) gaps[at] = true;

        std::uint64_t held = 0;
        bool same = true, all_held = true;
        for (std::uint64_t at = 0; at < size; ++at) {
            const bool inside = a <= at && at < b;
            held += bitmap[at];
            same = same && gaps[at] == (inside && !bitmap[at]) && set.run_end(at).has_value() == bitmap[at];
            all_held = all_held && (!inside || bitmap[at]);
        }
        REQUIRE(same);
        REQUIRE(set.bytes() == held);
        REQUIRE(set.holds({a, b}) == all_held);
    }
}
