#include <reelpipe/pipeline.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "header/numbers.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::test::up_to;

reelpipe::pipeline nothing_from(reelpipe::flow<int> numbers);  // second_unit.cpp

namespace {

struct number {  // move-only, without a default
    explicit number(int v) : value(std::make_unique<int>(v)) {}
    std::unique_ptr<int> value;
};

struct load {
    std::size_t bytes;
};

std::size_t weight_of(const load& l) { return l.bytes; }

asio::awaitable<void> count_to(int n, reelpipe::out<number> next)
{
    for (int i = 0; i < n; ++i) {
        number item(i);
        co_await next.send(std::move(item));
    }
}

asio::awaitable<number> pause_a_little(number n)
{
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop, std::chrono::microseconds(*n.value * 37 % 90));
    co_await timer.async_wait(asio::use_awaitable);
    co_return n;
}

asio::awaitable<void> two_of_one(number n, reelpipe::out<number> next)
{
    for (int i = 0; i < 2; ++i) {
        number item(2 * *n.value + i);
        co_await next.send(std::move(item));
    }
}

int plain(number n) { return *n.value; }

reelpipe::pipeline doubled(int n, std::vector<int>& got)
{
    return reelpipe::source("count", [n](reelpipe::out<number> next) { return count_to(n, next); }) |
           reelpipe::io("pause", pause_a_little, {.workers = 4, .queue = 8}) | reelpipe::io("two", two_of_one) |
           reelpipe::cpu("plain", plain, {.workers = 2, .queue = 4}) |
           reelpipe::sink("keep", [&got](int i) { got.push_back(i); });
}

void check_numbers(const reelpipe::report& r)
{
    for (const reelpipe::stage_stats& s : r.stages) {
        CAPTURE(s.name);
        CHECK(s.busy_s + s.starved_s + s.blocked_s <= static_cast<double>(s.workers) * r.wall_s + 1e-9);
    }
}

}  // namespace

TEST_CASE("every item arrives once, through io, one-to-many and cpu stages", "[pipeline]")
{
    asio::io_context io{1};
    asio::thread_pool pool{2};
    std::vector<int> got;
    reelpipe::runner run{doubled(300, got), {.cpu = pool.get_executor(), .max_in_flight = 20}};

    const reelpipe::report r = run.run(io);
    io.run();  // returns: nothing was left behind

    std::sort(got.begin(), got.end());
    CHECK(got == up_to(600));
    CHECK(r.admitted == 300);
    CHECK(r.finished == 300);
    CHECK(r.end == reelpipe::ending::complete);
    check_numbers(r);
}

TEST_CASE("random shapes lose nothing, repeat nothing and keep their bounds", "[pipeline]")
{
    const auto seed = Catch::getSeed();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t low, std::size_t high) {
        return std::uniform_int_distribution<std::size_t>(low, high)(random);
    };

    for (int round = 0; round < 2000; ++round) {
        const auto n = static_cast<int>(pick(0, 60));
        const auto fails = static_cast<int>(pick(2, 9));
        const bool ordered = pick(0, 1) == 1;
        const auto attempts = static_cast<unsigned>(pick(1, 3));
        const reelpipe::stage_options shape{
            .workers = pick(1, 6), .queue = pick(1, 5), .attempts = attempts, .backoff = 0ms, .ordered = ordered};
        const std::size_t in_flight = pick(1, 12);
        CAPTURE(round, n, fails, ordered, attempts, shape.workers, shape.queue, in_flight);

        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
        const auto sometimes = [fails](int i, reelpipe::context c) -> asio::awaitable<std::optional<int>> {
            const auto loop = co_await asio::this_coro::executor;
            if (i % 3 != 0) co_await asio::post(loop, asio::use_awaitable);
            if (i % fails == 0 && (c.attempt() == 1 || i % 2 == 0)) throw std::runtime_error("not this one");
            if (i % 5 == 4) co_return std::nullopt;
            co_return i;
        };
        std::vector<int> expected, got;
        std::uint64_t failed = 0;
        for (int i = 0; i < n; ++i)
            if (i % fails == 0 && (attempts == 1 || i % 2 == 0))
                ++failed;
            else if (i % 5 != 4)
                expected.push_back(i);

        asio::io_context io{1};
        reelpipe::runner run{reelpipe::source("numbers", up_to(n)) | reelpipe::io("sometimes", sometimes, shape) |
                                 reelpipe::sink("keep", [&got](int i) { got.push_back(i); }, {.queue = pick(1, 3)}),
                             {.max_in_flight = in_flight}};
        const reelpipe::report r = run.run(io);

        if (!ordered) std::sort(got.begin(), got.end());
        REQUIRE(got == expected);
        REQUIRE(r.failed == failed);
        REQUIRE(r.admitted == r.finished + r.failed);
        const reelpipe::stage_stats& s = r.stages[1];
        REQUIRE(s.in == s.out + s.filtered + s.failed + s.retried);
        REQUIRE(s.queued_peak <= s.queue);
        REQUIRE(r.stages[2].queued_peak <= r.stages[2].queue);
    }
}

TEST_CASE("stop ends the run with the first error", "[pipeline]")
{
    asio::io_context io{1};
    reelpipe::runner run{
        reelpipe::source("numbers", up_to(100)) | reelpipe::sink("disk",
                                                                 [](int i) {
                                                                     if (i == 7) throw std::runtime_error("disk full");
                                                                 }),
        {.on_failure = [](const reelpipe::failure& f) {
            return f.as<std::runtime_error>() ? reelpipe::verdict::stop() : reelpipe::verdict::drop();
        }}};

    CHECK_THROWS_WITH(run.run(io), "disk full");
    CHECK(run.snapshot().end == reelpipe::ending::cancelled);
    CHECK_THROWS_AS(run.run(io), std::logic_error);
}

TEST_CASE("an item that waits for its retry holds no worker", "[pipeline]")
{
    asio::io_context io{1};
    std::size_t waiting = 0, max_waiting = 0;
    std::vector<int> got;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
    const auto once_more = [&](int i, reelpipe::context c) -> asio::awaitable<int> {
        if (c.attempt() == 1) {
            max_waiting = std::max(max_waiting, ++waiting);
            throw std::runtime_error("again");
        }
        --waiting;
        co_return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(50)) |
                         reelpipe::io("once more", once_more, {.queue = 4, .attempts = 2, .backoff = 20ms}) |
                         reelpipe::sink("keep", [&got](int i) { got.push_back(i); })};

    const reelpipe::report r = run.run(io);

    CHECK(got.size() == 50);
    CHECK(r.stages[1].retried == 50);
    CHECK(max_waiting > 1);
}

TEST_CASE("a drain waits for no pause before another attempt", "[pipeline]")
{
    for (const bool ordered : {false, true}) {
        CAPTURE(ordered);
        asio::io_context io{1};
        std::optional<reelpipe::runner> run;
        std::vector<int> got;
        const auto third_time = [&](int i, const reelpipe::context& c) -> asio::awaitable<int> {
            if (c.attempt() < 3) throw std::runtime_error("come back tomorrow");
            co_return i;
        };
        const auto tomorrow = [&](const reelpipe::failure&) {
            asio::post(io, [&] { run->drain(); });
            return reelpipe::verdict::retry(24h);
        };
        run.emplace(reelpipe::source("numbers", up_to(100)) |
                        reelpipe::io("third time", third_time, {.queue = 4, .attempts = 3, .ordered = ordered}) |
                        reelpipe::sink("keep", [&got](int i) { got.push_back(i); }),
                    reelpipe::run_options{.on_failure = tomorrow});

        const reelpipe::report r = run->run(io);

        CHECK(r.end == reelpipe::ending::drained);
        CHECK(r.admitted == got.size());
        CHECK(r.stages[1].retried == 2 * got.size());
        CHECK(!got.empty());
    }
}

TEST_CASE("a drain finishes what was admitted, a cancel ends at once, from any thread", "[pipeline]")
{
    for (int moment = 0; moment < 40; ++moment)
        for (const bool drain : {true, false}) {
            CAPTURE(moment, drain);
            asio::io_context io{1};
            asio::thread_pool pool{2};
            std::vector<int> got;
            reelpipe::runner run{doubled(1'000'000, got), {.cpu = pool.get_executor(), .max_in_flight = 16}};
            std::thread other([&] {
                while (run.snapshot().admitted < static_cast<std::uint64_t>(moment)) std::this_thread::yield();
                if (drain)
                    run.drain();
                else
                    run.cancel();
            });

            const reelpipe::report r = run.run(io);
            other.join();

            CHECK(r.end == (drain ? reelpipe::ending::drained : reelpipe::ending::cancelled));
            if (drain) {
                CHECK(r.admitted == r.finished);
                CHECK(got.size() == 2 * r.admitted);
            }
        }
}

TEST_CASE("a run can be torn down after any of its handlers", "[pipeline]")
{
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): captures nothing
    const auto second_try = [](int i, reelpipe::context c) -> asio::awaitable<int> {
        const auto loop = co_await asio::this_coro::executor;
        co_await asio::post(loop, asio::use_awaitable);
        if (c.attempt() == 1 && i % 3 == 0) throw std::runtime_error("again");
        co_return i;
    };
    for (const bool ordered : {false, true}) {
        bool ended = false;
        for (int steps = 0; !ended; ++steps) {
            std::vector<int> got;
            asio::thread_pool pool{1};
            asio::io_context io{1};
            reelpipe::runner run{
                reelpipe::source("count", [](reelpipe::out<number> next) { return count_to(8, next); }) |
                    reelpipe::io("two", two_of_one, {.queue = 2}) |
                    reelpipe::cpu("plain", plain, {.workers = 2, .queue = 4, .ordered = ordered}) |
                    reelpipe::io("twice", second_try,
                                 {.workers = 3, .attempts = 2, .backoff = 0ms, .ordered = ordered}) |
                    reelpipe::sink("keep", [&got](int i) { got.push_back(i); }),
                {.cpu = pool.get_executor(), .max_in_flight = 6}};
            asio::co_spawn(io, run.run(),
                           [&ended](std::exception_ptr error, const reelpipe::report&) { ended = !error; });
            for (int i = 0; i < steps && !ended; ++i) io.run_one_for(10s);
            pool.join();
            CHECK(got.size() <= 16);
        }
    }
}

TEST_CASE("an item that is too heavy for a queue passes alone", "[pipeline]")
{
    asio::io_context io{1};
    auto [out, in] = reelpipe::make_channel<load>(io.get_executor(), {.items = 8, .weight = 10});
    load heavy{50}, light{4};
    CHECK(out.try_send(heavy));
    CHECK_FALSE(out.try_send(light));
    CHECK(in.try_receive()->bytes == 50);
    CHECK(out.try_send(light));
    CHECK_FALSE(out.try_send(heavy));
    CHECK(out.try_send(light));
}

TEST_CASE("compositions that cannot work are refused", "[pipeline]")
{
    const auto same = [](int i) { return i; };
    const auto nothing = [](int) {};
    CHECK_THROWS_AS(reelpipe::source("n", up_to(1)) | reelpipe::sink("s", nothing, {.attempts = 2}),
                    std::invalid_argument);
    CHECK_THROWS_AS(reelpipe::source("n", up_to(1)) | reelpipe::cpu("c", same, {.workers = 0}), std::invalid_argument);
    CHECK_THROWS_AS(reelpipe::source("n", up_to(1)) | reelpipe::cpu("c", same, {.queue = 0}), std::invalid_argument);
    CHECK_THROWS_AS(reelpipe::source("n", up_to(1)) | reelpipe::sink("s", nothing, {.queue = 0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        reelpipe::runner(reelpipe::source("n", up_to(1)) | reelpipe::cpu("c", same) | reelpipe::sink("s", nothing)),
        std::invalid_argument);
}

TEST_CASE("a flow crosses translation units", "[pipeline]")
{
    asio::io_context io{1};
    reelpipe::runner run{nothing_from(reelpipe::source("numbers", up_to(5)))};
    CHECK(run.run(io).finished == 5);
}
