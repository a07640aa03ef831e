// What bounds a pipeline, and that a bound never holds it up for ever.
#include <reelpipe/pipeline.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include "header/numbers.hpp"
#include "support/catch.hpp"
#include "support/run_awaitable.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;

namespace app {

struct page {
    std::size_t bytes = 100;
};
std::size_t weight_of(const page& p) { return p.bytes; }
struct cover : page {};

}  // namespace app

namespace {

template <class T> asio::awaitable<void> take_slowly(const T&)
{
    for (int turn = 0; turn < 3; ++turn) co_await next_turn();
}

// How many items waited at most in front of a sink whose queue has a limit on weight.
template <class T> std::size_t max_queued(std::vector<T> items, std::size_t weight)
{
    asio::io_context io{1};
    reelpipe::runner run{reelpipe::source("items", std::move(items)) |
                         reelpipe::sink("slow", take_slowly<T>, {.queue = 16, .weight = weight})};
    return run.run(io).stages[1].queued_peak;
}

// The move number `moves_left` of all, counted from 0, throws.
struct explosive {
    explicit explosive(int v) : value(v) {}
    explosive(explosive&& other) noexcept(false) : value(other.value)
    {
        if (moves_left >= 0 && moves_left-- == 0) throw std::runtime_error("cannot be moved");
    }
    explosive& operator=(explosive&&) = delete;
    ~explosive() = default;

    int value;
    static inline std::atomic<int> moves_left = -1;
};

asio::awaitable<void> each_twice(int i, reelpipe::out<explosive> next)
{
    for (int copy = 0; copy < 2; ++copy) {
        explosive item(2 * i + copy);
        co_await next.send(std::move(item));
    }
}

asio::awaitable<explosive> pass_on(explosive item)
{
    co_await next_turn();
    co_return item;
}

asio::awaitable<bool> send_one(reelpipe::sender<explosive> out, int i)
{
    explosive item(i);
    const bool sent = co_await out.send(std::move(item));
    co_return sent;
}

asio::awaitable<int> receive_one(reelpipe::receiver<explosive> in)
{
    const std::optional<explosive> item = co_await in.receive();
    co_return item ? item->value : -1;
}

}  // namespace

TEST_CASE("workers are not held back by a limit that nobody set", "[pipeline]")
{
    asio::io_context io{1};
    int at_once = 0, most = 0;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
    const auto wait_for_all = [&](int i) -> asio::awaitable<int> {
        most = std::max(most, ++at_once);
        while (most < 200) co_await next_turn();
        co_return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(400)) |
                         reelpipe::io("wait for all", wait_for_all, {.workers = 200}) |
                         reelpipe::sink("drop", [](int) {})};
    const reelpipe::report r = run.run(io);
    CHECK(r.finished == 400);
    CHECK(r.max_in_flight == 1 + 200 + 1 + 3 * 16);
}

TEST_CASE("a report says for how long max_in_flight held the source back", "[pipeline]")
{
    asio::io_context io{1};
    const auto slow = [](int i) -> asio::awaitable<int> {
        const auto loop = co_await asio::this_coro::executor;
        asio::steady_timer timer(loop, 1ms);
        co_await timer.async_wait(asio::use_awaitable);
        co_return i;
    };
    const auto run_with = [&](std::size_t max_in_flight) {
        reelpipe::runner run{reelpipe::source("numbers", up_to(20)) | reelpipe::io("slow", slow, {.workers = 8}) |
                                 reelpipe::sink("drop", [](int) {}),
                             {.max_in_flight = max_in_flight}};
        return run.run(io);
    };
    const reelpipe::report tight = run_with(1);
    CHECK(tight.max_in_flight == 1);
    CHECK(tight.held_back_s > 0.015);
    CHECK(tight.held_back_s <= tight.stages[0].blocked_s + 1e-9);
    CHECK(run_with(0).held_back_s == 0);
}

TEST_CASE("a limit on weight sees weight_of() of the type or its base, and the size of byte ranges", "[pipeline]")
{
    CHECK(max_queued(std::vector<app::page>(40), 100) == 1);
    CHECK(max_queued(std::vector<app::cover>(40), 100) == 1);
    CHECK(max_queued(std::vector<std::string>(40, std::string(100, 'a')), 100) == 1);
    CHECK(max_queued(std::vector<std::vector<char>>(40, std::vector<char>(50)), 100) == 2);
}

TEST_CASE("a limit on weight that cannot work is refused where it is given", "[pipeline]")
{
    const auto drop = [](const auto&) {};
    std::vector<std::unique_ptr<app::page>> pages(3);
    CHECK_THROWS_WITH(reelpipe::source("pages", std::move(pages)) | reelpipe::sink("drop", drop, {.weight = 100}),
                      "reelpipe: stage 'drop': a limit on weight needs a weight_of() beside the item's type, or "
                      "weigh_by()");
    asio::io_context io{1};
    CHECK_THROWS_AS(reelpipe::make_channel<int>(io.get_executor(), {.weight = 100}), std::invalid_argument);
    CHECK_THROWS_WITH(reelpipe::sink("drop", drop).weigh_by([](int) { return 1u; }),
                      "reelpipe: stage 'drop': weigh_by() without a limit on weight");
}

TEST_CASE("weigh_by() weighs items of any type, with a function or a member", "[pipeline]")
{
    asio::io_context io{1};
    const auto drop = [](const std::unique_ptr<app::page>&) -> asio::awaitable<void> { co_await take_slowly(0); };
    const auto bytes = [](const std::unique_ptr<app::page>& p) { return p->bytes; };
    std::vector<std::unique_ptr<app::page>> pages;
    for (int i = 0; i < 40; ++i) pages.push_back(std::make_unique<app::page>());
    reelpipe::runner run{reelpipe::source("pages", std::move(pages)) |
                         reelpipe::sink("drop", drop, {.weight = 100}).weigh_by(bytes)};
    CHECK(run.run(io).stages[1].queued_peak == 1);

    const auto same = [](app::page p) -> asio::awaitable<app::page> { co_return p; };
    reelpipe::runner by_member{
        reelpipe::source("pages", std::vector<app::page>(40)) |
        reelpipe::io("same", same, {.weight = 200}).weigh_by(&app::page::bytes) |
        reelpipe::sink("drop", take_slowly<app::page>, {.weight = 200}).weigh_by([](const app::page& p) {
            return p.bytes;
        })};
    const reelpipe::report r = by_member.run(io);
    CHECK(r.stages[1].queued_peak == 2);
    CHECK(r.stages[2].queued_peak == 2);
}

TEST_CASE("the heaviest item there can be passes alone", "[pipeline]")
{
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    const std::vector<app::page> pages{{5}, {most}, {5}, {most}, {most}, {0}, {most}};
    CHECK(max_queued(pages, 10) == 1);
    CHECK(max_queued(std::vector<app::page>(40, {most}), most) == 1);
}

TEST_CASE("a pause of any length is no overflow", "[pipeline]")
{
    asio::io_context io{1};
    std::optional<reelpipe::runner> run;
    struct failing {
        asio::awaitable<int> operator()(int, const reelpipe::context& c) const
        {
            if (c.item() == 1) asio::post(loop, [all = &run] { (*all)->drain(); });
            throw std::runtime_error("again");
            co_return 1;
        }
        asio::io_context& loop;
        std::optional<reelpipe::runner>& run;
    };
    const failing fails{io, run};
    run.emplace(reelpipe::source("numbers", up_to(2)) |
                reelpipe::io("fail", fails, {.attempts = 3, .backoff = std::chrono::milliseconds::max()}) |
                reelpipe::sink("drop", [](int) {}));
    CHECK(run->run(io).failed == 2);
}

TEST_CASE("an item whose move throws costs nobody else anything: every run ends", "[pipeline]")
{
    asio::thread_pool pool{2};
    const auto plain = [](explosive item) { return item; };
    for (int moves = 0; moves < 300; ++moves) {
        CAPTURE(moves);
        asio::io_context io{1};
        int got = 0;
        reelpipe::runner run{reelpipe::source("numbers", up_to(8)) |
                                 reelpipe::io("two", each_twice, {.workers = 4, .queue = 1}) |
                                 reelpipe::io("pass", pass_on, {.workers = 3, .queue = 1, .ordered = moves % 2 == 0}) |
                                 reelpipe::cpu("plain", plain, {.workers = 1, .queue = 1}) |
                                 reelpipe::sink("count", [&got](const explosive&) { ++got; }, {.queue = 1}),
                             {.cpu = pool.get_executor()}};
        bool ended = false;
        explosive::moves_left = moves;
        asio::co_spawn(io, run.run(), [&ended](std::exception_ptr, const reelpipe::report&) { ended = true; });
        io.run_for(60s);
        REQUIRE(ended);
        explosive::moves_left = -1;
        const reelpipe::report r = run.snapshot();
        if (r.end == reelpipe::ending::complete) {
            CHECK(r.finished + r.failed == 8);
            CHECK(r.failed <= 1);
            CHECK(got >= 14);
        }
        CHECK(got <= 16);
    }
}

TEST_CASE("a sender or receiver whose item throws wakes the next one", "[channel]")
{
    asio::io_context io{1};
    auto [out, in] = reelpipe::make_channel<explosive>(io.get_executor(), {.items = 1});
    explosive first(0);
    REQUIRE(out.try_send(first));
    std::vector<int> sent(2, -1);
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(io, send_one(out, i + 1),
                       [&sent = sent[static_cast<std::size_t>(i)]](std::exception_ptr e, bool s) { sent = e ? 2 : s; });
    io.poll();
    CHECK(in.try_receive()->value == 0);
    explosive::moves_left = 0;  // the first of the two that wait
    io.restart();
    io.poll();
    CHECK(sent == std::vector{2, 1});

    CHECK(in.try_receive()->value == 2);
    std::vector<int> got(2, -1);
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(io, receive_one(in),
                       [&got = got[static_cast<std::size_t>(i)]](std::exception_ptr e, int v) { got = e ? -2 : v; });
    io.restart();
    io.poll();
    explosive third(3);
    REQUIRE(out.try_send(third));
    explosive::moves_left = 0;
    io.restart();
    io.poll();
    CHECK(got == std::vector{-2, 3});
}
