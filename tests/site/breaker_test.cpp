#include "site/breaker.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::breaker;
using reelpipe::reason;
using reelpipe::verdict_window;

namespace {

const breaker::time began = breaker::time(100h);

}  // namespace

TEST_CASE("a breaker opens on trouble, lets one probe through, and closes on success", "[breaker]")
{
    breaker gate;
    REQUIRE(gate.is_closed());
    CHECK(*gate.next_chance() <= began);

    gate.trip(reason::bot_check, began);
    CHECK_FALSE(gate.is_closed());
    CHECK(gate.trouble() == reason::bot_check);
    CHECK(gate.next_chance() == began + 15min);

    gate.begin_probe();
    CHECK_FALSE(gate.next_chance());  // one probe is one
    gate.close();
    CHECK(gate.is_closed());
}

TEST_CASE("each failed probe doubles the pause, up to a limit", "[breaker]")
{
    breaker gate;
    breaker::time now = began;
    gate.trip(reason::bot_check, now);
    std::vector<breaker::duration> pauses;
    for (int i = 0; i < 6; ++i) {
        now = *gate.next_chance();
        gate.begin_probe();
        gate.trip(reason::bot_check, now);
        pauses.push_back(*gate.next_chance() - now);
    }
    CHECK(pauses == std::vector<breaker::duration>{30min, 1h, 2h, 4h, 6h, 6h});
    CHECK(gate.open_since() == began);
}

TEST_CASE("requests that were under way fail alike and count once", "[breaker]")
{
    breaker gate;
    gate.trip(reason::rate_limited, began);
    gate.trip(reason::rate_limited, began + 1s);
    gate.trip(reason::rate_limited, began + 2s);
    CHECK(gate.next_chance() == began + 60s);
}

TEST_CASE("a site that names a time is believed", "[breaker]")
{
    breaker gate;
    gate.trip(reason::rate_limited, began, 300s);
    CHECK(gate.next_chance() == began + 300s);
}

TEST_CASE("an abandoned probe leaves the chance to another", "[breaker]")
{
    breaker gate;
    gate.trip(reason::no_network, began);
    gate.begin_probe();
    gate.abandon_probe();
    CHECK(gate.next_chance() == began + 10s);
}

TEST_CASE("three refusals within a minute are a block, one is not", "[breaker]")
{
    breaker gate;
    CHECK_FALSE(gate.counts_as_block(began));
    CHECK_FALSE(gate.counts_as_block(began + 50s));
    CHECK_FALSE(gate.counts_as_block(began + 100s));
    CHECK(gate.counts_as_block(began + 101s));
}

TEST_CASE("four in five that are unavailable is a bad list, more is a block", "[breaker]")
{
    verdict_window window;
    for (int i = 0; i < 49; ++i) window.add(true);
    CHECK_FALSE(window.is_suspicious());  // too few to tell
    window.add(true);
    CHECK(window.is_suspicious());

    for (int i = 0; i < 10; ++i) window.add(false);
    CHECK_FALSE(window.is_suspicious());  // 40 of 50
    window.clear();
    CHECK_FALSE(window.is_full());
}
