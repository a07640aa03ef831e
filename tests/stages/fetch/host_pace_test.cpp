#include "stages/fetch/host_pace.hpp"

#include <functional>
#include <queue>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::fetch::host_pace;

namespace {

using moment = host_pace::time;

double in_seconds(host_pace::duration d) { return std::chrono::duration<double>(d).count(); }

// A host that serves so many requests a second, with some at once after a rest, and so many at a time.
struct imagined_host {
    double per_second = 0;  // 0: any number
    double burst = 1;
    std::size_t at_a_time = 1000;
    std::optional<std::chrono::seconds> retry_after{};
    unsigned one_bad_of = 0;
    bool refuses_width_with_403 = false;
    double down_from = 0, down_until = 0;  // seconds from the beginning

    double tokens = burst;
    moment counted{};
    std::size_t open = 0;
    unsigned answers = 0;
};

struct course {
    double served = 0, refused = 0;
    double took = 0;
};

// What comes of `for_seconds` of clients that always want more, `clients` of them, each answer taking `round_trip`.
course run(imagined_host host, double for_seconds, std::size_t clients = 64, host_pace::duration round_trip = 50ms)
{
    struct answer {
        moment at;
        host_pace::ticket ticket;
        bool good;
        bool operator>(const answer& other) const { return at > other.at; }
    };
    host_pace pace;
    course all;
    std::priority_queue<answer, std::vector<answer>, std::greater<>> coming;
    moment now{};
    const moment end =
        now + std::chrono::duration_cast<host_pace::duration>(std::chrono::duration<double>(for_seconds));
    while (now < end) {
        while (coming.size() < clients && pace.has_room() && pace.next_turn() <= now) {
            host.tokens = std::min(host.burst, host.tokens + in_seconds(now - host.counted) * host.per_second);
            host.counted = now;
            const bool bad = host.one_bad_of != 0 && ++host.answers % host.one_bad_of == 0;
            const double second = in_seconds(now.time_since_epoch());
            const bool down = second >= host.down_from && second < host.down_until;
            const bool good = !bad && !down && host.open < host.at_a_time && (host.per_second == 0 || host.tokens >= 1);
            if (good) host.tokens -= 1, ++host.open;
            coming.push({now + (good ? round_trip : round_trip / 10), pace.begin(now), good});
        }
        moment next = end;
        if (!coming.empty()) next = std::min(next, coming.top().at);
        if (coming.size() < clients && pace.has_room() && pace.next_turn() > now)
            next = std::min(next, pace.next_turn());
        now = std::max(next, now + 1us);
        while (!coming.empty() && coming.top().at <= now) {
            const answer got = coming.top();
            coming.pop();
            if (got.good) {
                --host.open;
                pace.served(got.ticket, now);
                ++all.served;
            } else {
                if (host.refuses_width_with_403)
                    pace.refused_as_too_wide(got.ticket, now);
                else
                    pace.refused(got.ticket, now, host.retry_after);
                ++all.refused;
            }
            pace.end(got.ticket);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("a host that refuses nothing is asked without bounds", "[host_pace]")
{
    const course all = run({}, 10);
    CHECK(all.served >= 0.98 * 64 * 10 / 0.05);
}

TEST_CASE("a host is asked for at least nine tenths of the rate that it grants", "[host_pace][long]")
{
    const double rate = GENERATE(2.0, 10.0, 100.0);
    const double burst = GENERATE(1.0, 10.0);
    const auto retry_after = GENERATE(as<std::optional<std::chrono::seconds>>{}, std::nullopt, std::chrono::seconds(1),
                                      std::chrono::seconds(5));
    const auto round_trip = GENERATE(as<host_pace::duration>{}, 5ms, 50ms, 300ms);
    const course all = run({.per_second = rate, .burst = burst, .retry_after = retry_after}, 1200, 64, round_trip);
    CAPTURE(rate, burst, retry_after.value_or(0s).count(), in_seconds(round_trip), all.served, all.refused);
    CHECK(all.served >= 0.9 * std::min(rate * 1200, 64 * 1200 / in_seconds(round_trip)));
    CHECK(all.refused < all.served / 5 + 64);
}

TEST_CASE("a host is asked for nearly as much at a time as it grants", "[host_pace][long]")
{
    const std::size_t at_a_time = GENERATE(1u, 2u, 8u, 30u);
    const bool with_403 = GENERATE(false, true);
    const course all = run({.at_a_time = at_a_time, .refuses_width_with_403 = with_403}, 600);
    CAPTURE(at_a_time, with_403, all.served, all.refused);
    CHECK(all.served >= 0.85 * static_cast<double>(at_a_time) * 600 / 0.05);
    CHECK(all.refused < all.served / 20 + 64);
}

TEST_CASE("a refusal now and then slows nobody down", "[host_pace]")
{
    const course all = run({.retry_after = 1s, .one_bad_of = 60}, 180);
    CAPTURE(all.served, all.refused);
    CHECK(all.served >= 0.9 * 64 * 180 / 0.05);
}

TEST_CASE("a host that was down is soon asked for about as much as before", "[host_pace]")
{
    const double down_for = GENERATE(5.0, 20.0, 60.0);
    const course well = run({}, 30);
    const course all = run({.down_from = 10, .down_until = 10 + down_for}, 30 + down_for);
    CAPTURE(down_for, well.served, all.served);
    CHECK(all.served >= 0.8 * well.served);
    CHECK(all.refused < 500);
}

TEST_CASE("a rate that the user names is kept to", "[host_pace]")
{
    host_pace pace(10);
    moment now{};
    for (int i = 0; i < 50; ++i) {
        now = std::max(now, pace.next_turn());
        pace.end(pace.begin(now));
    }
    CHECK(in_seconds(now.time_since_epoch()) >= 4.89);
}
