#include <reelpipe/pipeline.hpp>

#include <algorithm>
#include <array>
#include <asio/experimental/awaitable_operators.hpp>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "header/numbers.hpp"
#include "support/catch.hpp"
#include "support/run_awaitable.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;

namespace {

asio::awaitable<int> send_until_refused(reelpipe::sender<std::string> out)
{
    for (int sent = 0;; ++sent) {
        std::string item = "item " + std::to_string(sent);
        const bool open = co_await out.send(std::move(item));
        if (open) continue;
        // NOLINTNEXTLINE(bugprone-use-after-move): what was refused is left untouched, and this looks whether it is
        if (item != "item " + std::to_string(sent)) throw std::logic_error("a refused item was touched");
        co_return sent;
    }
}

asio::awaitable<void> send_all(reelpipe::sender<int> out, int n)
{
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop);
    for (int i = 0; i < n; ++i) {
        timer.expires_after(std::chrono::microseconds(i * 53 % 7));
        if (i % 2 == 0) co_await timer.async_wait(asio::use_awaitable);
        int item = i;
        co_await out.send(std::move(item));
    }
}

struct raced {
    std::vector<int> got{};
    int timeouts = 0;
};

asio::awaitable<raced> receive_against_a_timer(reelpipe::receiver<int> in)
{
    using namespace asio::experimental::awaitable_operators;
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop);
    raced r;
    for (;;) {
        timer.expires_after(std::chrono::microseconds((r.timeouts + static_cast<int>(r.got.size())) * 37 % 5));
        const auto first = co_await (in.receive() || timer.async_wait(asio::use_awaitable));
        if (first.index() == 1) {
            ++r.timeouts;
            continue;
        }
        const auto& item = std::get<0>(first);
        if (!item) co_return r;
        r.got.push_back(*item);
    }
}

struct ended {
    bool over = false;
    std::exception_ptr error{};
    reelpipe::report result{};
};

// The default filter of a coroutine lets through nothing but terminal.
asio::awaitable<reelpipe::report> with_every_cancellation(reelpipe::runner& run)
{
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    reelpipe::report r = co_await run.run();
    co_return r;
}

// Awaits the run and, once the sink has seen five items, cancels the coroutine that does, as Asio does it.
ended cancelled_by_asio(reelpipe::runner& run, asio::io_context& io, asio::cancellation_type how)
{
    ended e;
    asio::cancellation_signal signal;
    asio::co_spawn(io, with_every_cancellation(run),
                   asio::bind_cancellation_slot(signal.slot(), [&e](std::exception_ptr error, reelpipe::report r) {
                       e = {true, std::move(error), std::move(r)};
                   }));
    while (run.snapshot().finished < 5) io.run_one_for(10s);
    signal.emit(how);
    io.run_for(60s);
    return e;
}

}  // namespace

TEST_CASE("every waiting and later send is told that nobody will receive, and keeps its item", "[channel]")
{
    asio::io_context io{1};
    auto [out, in] = reelpipe::make_channel<std::string>(io.get_executor(), {.items = 3});
    int sent = -1;
    std::exception_ptr error;
    asio::co_spawn(io, send_until_refused(out), [&](std::exception_ptr e, int n) { error = e, sent = n; });
    io.poll();
    CHECK(sent == -1);  // the queue is full, it waits
    in = {};
    io.run();
    CHECK_FALSE(error);
    CHECK(sent == 3);

    std::string late = "late";
    CHECK_FALSE(out.try_send(late));
    CHECK(late == "late");
}

TEST_CASE("receive() || timer loses nothing", "[channel]")
{
    asio::io_context io{1};
    auto [out, in] = reelpipe::make_channel<int>(io.get_executor(), {.items = 2});
    std::exception_ptr error;
    asio::co_spawn(io, send_all(std::exchange(out, {}), 5'000), [&](std::exception_ptr e) { error = e; });
    const raced r = run_awaitable(io, receive_against_a_timer(std::exchange(in, {})));
    CHECK_FALSE(error);
    CHECK(r.got == up_to(5'000));
    CHECK(r.timeouts > 0);
}

TEST_CASE("what was sent before the last sender went is received", "[channel]")
{
    asio::io_context io{1};
    auto [out, in] = reelpipe::make_channel<int>(io.get_executor());
    int item = 7;
    CHECK(out.try_send(item));
    out = {};
    const auto first = run_awaitable(io, in.receive());
    const auto second = run_awaitable(io, in.receive());
    CHECK(first == 7);
    CHECK_FALSE(second);
}

TEST_CASE("each worker has its own copy of the function object", "[pipeline]")
{
    struct numbering {
        asio::awaitable<int> operator()(int) { return after_a_turn(++calls); }
        int calls = 0;
    };
    asio::io_context io{1};
    std::vector<int> got;
    reelpipe::runner run{reelpipe::source("numbers", up_to(40)) |
                         reelpipe::io("number", numbering{}, {.workers = 4, .ordered = true}) |
                         reelpipe::sink("keep", [&got](int i) { got.push_back(i); })};
    run.run(io);
    CHECK(got.size() == 40);
    CHECK(*std::max_element(got.begin(), got.end()) < 40);  // one shared object would have counted to 40
}

TEST_CASE("no more than max_in_flight items of the source are alive, and one in its hand", "[pipeline]")
{
    struct counted {
        explicit counted(int& n) : alive(&n) { ++*alive; }
        counted(counted&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
        counted& operator=(counted&&) = delete;
        ~counted()
        {
            if (alive) --*alive;
        }
        int* alive;
    };
    struct feeder {
        static asio::awaitable<void> feed(int& alive, int& most, reelpipe::out<counted> next)
        {
            for (int i = 0; i < 200; ++i) {
                counted item(alive);
                most = std::max(most, alive);
                co_await next.send(std::move(item));
            }
        }
        static asio::awaitable<counted> pass(counted item)
        {
            co_await next_turn();
            co_return item;
        }
    };
    asio::io_context io{1};
    int alive = 0, most = 0;
    reelpipe::runner run{
        reelpipe::source("feed", [&](reelpipe::out<counted> next) { return feeder::feed(alive, most, next); }) |
            reelpipe::io("pass", feeder::pass, {.workers = 8}) | reelpipe::sink("drop", [](counted) {}),
        {.max_in_flight = 7}};
    const reelpipe::report r = run.run(io);
    CHECK(r.finished == 200);
    CHECK(alive == 0);
    CHECK(most <= 8);
    CHECK(most > 4);
}

TEST_CASE("a source that throws fails the run with its error", "[pipeline]")
{
    struct broken {
        static asio::awaitable<void> feed(reelpipe::out<int> next)
        {
            for (int i = 0; i < 3; ++i) co_await next.send(i);
            throw std::runtime_error("the list ends in the middle of a row");
        }
    };
    asio::io_context io{1};
    reelpipe::runner run{reelpipe::source("broken", broken::feed) | reelpipe::io("wait", for_ever) |
                         reelpipe::sink("drop", [](int) {})};
    CHECK_THROWS_WITH(run.run(io), "the list ends in the middle of a row");
    CHECK(run.snapshot().admitted == 3);  // the numbers stay
    io.run();
}

TEST_CASE("a drain does not hide what goes wrong in the source", "[pipeline]")
{
    struct broken {
        static asio::awaitable<void> feed(reelpipe::out<int> next)
        {
            for (bool wanted = true; wanted;) {
                try {
                    co_await next.send(1);
                } catch (const asio::system_error&) {
                    wanted = false;
                }
            }
            throw std::runtime_error("the list cannot be closed");
        }
    };
    asio::io_context io{1};
    std::optional<reelpipe::runner> run;
    run.emplace(reelpipe::source("broken", broken::feed) | reelpipe::sink("drain", [&run](int) { run->drain(); }));
    CHECK_THROWS_WITH(run->run(io), "the list cannot be closed");
}

TEST_CASE("stage functions may take what they are given by reference", "[pipeline]")
{
    using text = std::string;  // long enough to lie on the heap
    asio::io_context io{1};
    asio::thread_pool pool{1};
    struct by_reference {
        static asio::awaitable<text> io_stage(const text& item, const reelpipe::context& c)
        {
            co_await next_turn();
            co_return item + std::to_string(c.attempt());
        }
        static asio::awaitable<void> spread(text&& item, const reelpipe::out<text>& next, const std::stop_token& stop)
        {
            co_await next_turn();
            reelpipe::out<text> way = next;
            if (!stop.stop_requested()) co_await way.send(item + ", first");
            co_await way.send(item + ", second");
        }
        static asio::awaitable<void> sink(std::vector<text>& got, const text& item)
        {
            co_await next_turn();
            got.push_back(item);
        }
    };
    std::vector<text> got;
    reelpipe::runner run{reelpipe::source("texts", std::vector<text>{text(40, 'a'), text(40, 'b')}) |
                             reelpipe::io("awaited", by_reference::io_stage) |
                             reelpipe::cpu("the same", std::identity{}) | reelpipe::io("spread", by_reference::spread) |
                             reelpipe::sink("keep", [&got](const text& t) { return by_reference::sink(got, t); }),
                         {.cpu = pool.get_executor()}};

    run.run(io);

    CHECK(got == std::vector<text>{text(40, 'a') + "1, first", text(40, 'a') + "1, second", text(40, 'b') + "1, first",
                                   text(40, 'b') + "1, second"});
}

TEST_CASE("verdict::drain drops the item, feeds nothing more and finishes what was admitted", "[pipeline]")
{
    asio::io_context io{1};
    std::vector<int> got;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
    const auto blocked_at_ten = [](int i) -> asio::awaitable<int> {
        co_await next_turn();
        if (i == 10) throw std::runtime_error("429");
        co_return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(100'000)) |
                             reelpipe::io("ask", blocked_at_ten, {.workers = 3, .attempts = 5}) |
                             reelpipe::sink("keep", [&got](int i) { got.push_back(i); }),
                         {.on_failure = [](const reelpipe::failure&) { return reelpipe::verdict::drain(); }}};
    const reelpipe::report r = run.run(io);
    CHECK(r.end == reelpipe::ending::drained);
    CHECK(r.failed == 1);
    CHECK(r.admitted == r.finished + r.failed);
    CHECK(got.size() == r.finished);
    CHECK(r.admitted < 100'000);
    CHECK(r.stages[1].retried == 0);
}

TEST_CASE("a judge that throws stops the run with what it threw", "[pipeline]")
{
    asio::io_context io{1};
    const auto fails = [](int) { throw std::runtime_error("an item failed"); };
    reelpipe::runner run{
        reelpipe::source("numbers", up_to(10)) | reelpipe::sink("fail", fails),
        {.on_failure = [](const reelpipe::failure&) -> reelpipe::verdict { throw std::logic_error("no idea"); }}};
    CHECK_THROWS_WITH(run.run(io), "no idea");
}

TEST_CASE("Asio's terminal cancellation of run() cancels, partial and total drain", "[pipeline]")
{
    for (const auto how :
         {asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total}) {
        asio::io_context io{1};
        std::size_t got = 0;
        reelpipe::runner run{reelpipe::source("numbers", up_to(1'000'000)) |
                             reelpipe::io("turn", after_a_turn, {.workers = 3}) |
                             reelpipe::sink("count", [&got](int) { ++got; })};
        const ended e = cancelled_by_asio(run, io, how);
        REQUIRE(e.over);
        if (how == asio::cancellation_type::terminal) {
            REQUIRE(e.error);
            CHECK_THROWS_AS(std::rethrow_exception(e.error), asio::system_error);
            CHECK(run.snapshot().end == reelpipe::ending::cancelled);
        } else {
            CHECK_FALSE(e.error);
            CHECK(e.result.end == reelpipe::ending::drained);
            CHECK(e.result.admitted == e.result.finished);
            CHECK(got == e.result.admitted);
        }
        CHECK(io.stopped());  // nothing was left behind
    }
}

TEST_CASE("cancel reaches waits of every kind and raises the stop token of running calls", "[pipeline]")
{
    asio::io_context io{1};
    asio::thread_pool pool{1};
    std::atomic<bool> computing{false};
    const auto until_stopped = [&computing](int i, std::stop_token stop) {
        computing = true;
        while (!stop.stop_requested()) std::this_thread::yield();
        return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(100)) |
                             reelpipe::cpu("compute", until_stopped, {.queue = 1}) | reelpipe::io("wait", for_ever) |
                             reelpipe::sink("drop", [](int) {}),
                         {.cpu = pool.get_executor(), .max_in_flight = 10}};
    std::thread other([&] {
        while (!computing) std::this_thread::yield();
        run.cancel();
    });
    const reelpipe::report r = run.run(io);
    other.join();
    CHECK(r.end == reelpipe::ending::cancelled);
    io.run();
}

// A pool thread once counted work down on the loop after it had handed over the last result.
TEST_CASE("the loop may be destroyed as soon as the run has ended, while the pool lives on", "[pipeline]")
{
    asio::thread_pool pool{2};
    const auto same = [](int i) { return i; };
    for (int round = 0; round < 3000; ++round) {
        asio::io_context io{1};
        reelpipe::runner run{
            reelpipe::source("number", up_to(1)) | reelpipe::cpu("same", same) | reelpipe::sink("drop", [](int) {}),
            {.cpu = pool.get_executor()}};
        REQUIRE(run.run(io).finished == 1);
    }
}

TEST_CASE("an ordered cpu stage keeps the order of its items", "[pipeline]")
{
    asio::io_context io{1};
    asio::thread_pool pool{4};
    std::vector<int> got;
    const auto uneven = [](int i, reelpipe::context c) {
        if (i % 7 == 0 && c.attempt() == 1) throw std::runtime_error("again");
        for (int turn = 0; turn < i * 37 % 100; ++turn) std::this_thread::yield();
        return i;
    };
    reelpipe::runner run{
        reelpipe::source("numbers", up_to(500)) |
            reelpipe::cpu("uneven", uneven, {.workers = 4, .attempts = 2, .backoff = 0ms, .ordered = true}) |
            reelpipe::sink("keep", [&got](int i) { got.push_back(i); }),
        {.cpu = pool.get_executor()}};
    const reelpipe::report r = run.run(io);
    CHECK(got == up_to(500));
    CHECK(r.stages[1].retried == 72);
}

TEST_CASE("a drain before the run ends it at once; a run cannot be repeated", "[pipeline]")
{
    asio::io_context io{1};
    reelpipe::runner run{reelpipe::source("numbers", up_to(10)) | reelpipe::sink("drop", [](int) {})};
    run.drain();
    const reelpipe::report r = run.run(io);
    CHECK(r.end == reelpipe::ending::drained);
    CHECK(r.admitted == 0);
    CHECK_THROWS_AS(run.run(io), std::logic_error);
}

TEST_CASE("a pipeline belongs to one runner", "[pipeline]")
{
    reelpipe::pipeline numbers = reelpipe::source("numbers", up_to(10)) | reelpipe::sink("drop", [](int) {});
    const reelpipe::runner first{std::move(numbers)};
    // NOLINTNEXTLINE(bugprone-use-after-move): that is what is refused
    CHECK_THROWS_AS(reelpipe::runner{std::move(numbers)}, std::invalid_argument);
}

TEST_CASE("context tells item and attempt and keeps the counters of the stage", "[pipeline]")
{
    asio::io_context io{1};
    asio::thread_pool pool{2};
    const auto count = [](int i, reelpipe::context c) {
        c.count("bytes", static_cast<std::uint64_t>(i));
        if (c.item() != static_cast<std::uint64_t>(i)) throw std::logic_error("another item's number");
        return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(100)) | reelpipe::cpu("count", count, {.workers = 2}) |
                             reelpipe::sink("drop", [](int) {}),
                         {.cpu = pool.get_executor()}};
    const reelpipe::report r = run.run(io);
    CHECK(r.failed == 0);
    CHECK(r.stages[1].counters.at("bytes") == 4950);
}

TEST_CASE("the bottleneck is the stage whose workers are busy for most of their time", "[pipeline]")
{
    std::array<reelpipe::stage_stats, 3> s{};
    s[0].busy_s = 1, s[0].workers = 1;
    s[1].busy_s = 12, s[1].workers = 4;
    s[2].busy_s = 4, s[2].workers = 2;
    const std::vector<reelpipe::stage_stats> stages(s.begin(), s.end());
    const std::vector<reelpipe::stage_stats> nothing_ran(2);
    CHECK(reelpipe::bottleneck(stages) == &stages[1]);
    CHECK(reelpipe::bottleneck(nothing_ran) == nullptr);
}

TEST_CASE("the bottleneck is not a stage that is starved, but the one that keeps items for longest before it",
          "[pipeline]")
{
    std::array<reelpipe::stage_stats, 3> s{};
    s[0].busy_s = 0.5, s[0].workers = 1;
    s[1].busy_s = 38, s[1].workers = 64, s[1].starved_s = 600;
    s[2].busy_s = 2, s[2].workers = 2, s[2].starved_s = 18;
    const std::vector<reelpipe::stage_stats> stages(s.begin(), s.end());
    CHECK(reelpipe::bottleneck(stages) == &stages[1]);
}
