// How runs end: cancelled, stopped, on pools that go away, on executors of many threads, in frames that are freed.
#include <reelpipe/pipeline.hpp>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
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

// Operations that complete inside of their cancellation; the first that is cancelled takes all others with it.
class brittle {
public:
    asio::awaitable<void> wait()
    {
        auto start = [this](auto handler) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            const auto kept = std::make_shared<decltype(handler)>(std::move(handler));
            waiting_.emplace_back([kept] {
                auto resume = std::move(*kept);
                std::move(resume)(asio::error_code(asio::error::operation_aborted));
            });
            slot.assign([this](asio::cancellation_type) { complete_all(); });
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(asio::error_code)>(start,
                                                                                              asio::use_awaitable);
    }

    std::size_t waiting() const { return waiting_.size(); }

private:
    void complete_all()
    {
        std::list<std::function<void()>> all;
        all.swap(waiting_);
        for (const auto& complete : all) complete();
    }

    std::list<std::function<void()>> waiting_;
};

asio::awaitable<void> until_cancelled()
{
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer never(loop, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

template <class Filter> asio::awaitable<reelpipe::report> run_behind(Filter filter, reelpipe::runner& run)
{
    co_await asio::this_coro::reset_cancellation_state(filter);
    reelpipe::report r = co_await run.run();
    co_return r;
}

template <class Filter> asio::awaitable<void> wait_after_a_run(Filter filter, reelpipe::runner& run, bool& waits)
{
    const reelpipe::report r = co_await run_behind(filter, run);
    waits = r.end == reelpipe::ending::complete;
    co_await until_cancelled();
}

}  // namespace

TEST_CASE("cancelled operations may complete at once, and may take other workers with them", "[pipeline]")
{
    for (const bool stop : {false, true}) {
        asio::io_context io{1};
        brittle operations;
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
        const auto wait = [&](int i) -> asio::awaitable<int> {
            if (stop && i == 3) throw std::runtime_error("enough");
            co_await operations.wait();
            co_return i;
        };
        reelpipe::runner run{reelpipe::source("numbers", up_to(10)) | reelpipe::io("wait", wait, {.workers = 4}) |
                                 reelpipe::sink("drop", [](int) {}),
                             {.on_failure = [](const auto&) { return reelpipe::verdict::stop(); }}};
        if (stop) {
            CHECK_THROWS_WITH(run.run(io), "enough");
        } else {
            const auto cancel_all = [&](auto& self) -> void {
                if (operations.waiting() == 4)
                    run.cancel();
                else
                    asio::post(io, [&] { self(self); });
            };
            cancel_all(cancel_all);
            CHECK(run.run(io).end == reelpipe::ending::cancelled);
        }
    }
}

TEST_CASE("a drained source may complete inside of its cancellation", "[pipeline]")
{
    asio::io_context io{1};
    brittle operations;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the stage keeps the closure
    const auto feed = [&](reelpipe::out<int> next) -> asio::awaitable<void> {
        co_await next.send(1);
        co_await operations.wait();
    };
    std::optional<reelpipe::runner> run;
    const auto drain = [&](int) { run->drain(); };
    run.emplace(reelpipe::source("feed", feed) | reelpipe::sink("drain", drain));
    const reelpipe::report r = run->run(io);
    CHECK(r.end == reelpipe::ending::drained);
    CHECK(r.finished == 1);
}

TEST_CASE("a pool that is stopped ends the run with an error", "[pipeline]")
{
    asio::io_context io{1};
    asio::thread_pool pool{1};
    const auto stops = [&pool](int i) {
        if (i == 10) pool.stop();
        return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(1000)) | reelpipe::cpu("stop", stops, {.workers = 4}) |
                             reelpipe::sink("drop", [](int) {}),
                         {.cpu = pool.get_executor()}};
    CHECK_THROWS_WITH(run.run(io), "reelpipe: the pool of run_options::cpu was stopped during the run");
    io.run();
}

TEST_CASE("cancel does not wait for calls that no pool has begun", "[pipeline]")
{
    asio::io_context io{1};
    asio::io_context nobody_runs{1};  // as a pool
    const auto same = [](int i) { return i; };
    reelpipe::runner run{reelpipe::source("numbers", up_to(100)) | reelpipe::cpu("same", same, {.workers = 4}) |
                             reelpipe::sink("drop", [](int) {}),
                         {.cpu = nobody_runs.get_executor()}};
    std::thread other([&run] {
        while (run.snapshot().stages[1].in < 4) std::this_thread::yield();
        run.cancel();
    });
    const reelpipe::report r = run.run(io);
    other.join();
    CHECK(r.end == reelpipe::ending::cancelled);
    nobody_runs.run();  // what it was given comes to nothing
}

TEST_CASE("a pool that is destroyed ends the run with an error", "[pipeline]")
{
    asio::io_context io{1};
    auto pool = std::make_unique<asio::io_context>(1);
    const auto same = [](int i) { return i; };
    reelpipe::runner run{
        reelpipe::source("number", up_to(1)) | reelpipe::cpu("same", same) | reelpipe::sink("drop", [](int) {}),
        {.cpu = pool->get_executor()}};
    const auto destroy_pool = [&](auto& self) -> void {
        if (run.snapshot().stages[1].in == 1)
            pool.reset();
        else
            asio::post(io, [&] { self(self); });
    };
    destroy_pool(destroy_pool);
    CHECK_THROWS_WITH(run.run(io), Catch::Matchers::ContainsSubstring("destroyed before it began a call"));
}

TEST_CASE("a cancelled offload() does not wait for a call that was not begun", "[offload]")
{
    asio::io_context io{1};
    asio::io_context nobody_runs{1};
    bool called = false;
    std::exception_ptr error;
    asio::cancellation_signal signal;
    asio::co_spawn(io, reelpipe::offload(nobody_runs.get_executor(), [&called] { called = true; }),
                   asio::bind_cancellation_slot(signal.slot(), [&error](std::exception_ptr e) { error = e; }));
    io.poll();
    signal.emit(asio::cancellation_type::terminal);
    io.run_for(10s);
    CHECK(io.stopped());
    REQUIRE(error);
    CHECK_THROWS_AS(std::rethrow_exception(error), asio::system_error);
    nobody_runs.run();
    CHECK_FALSE(called);
}

TEST_CASE("who has disabled cancellation is not cancelled in a run either", "[pipeline]")
{
    asio::io_context io{1};
    asio::cancellation_signal signal;
    reelpipe::runner run{reelpipe::source("numbers", up_to(50)) | reelpipe::io("turn", after_a_turn) |
                         reelpipe::sink("cancel", [&signal](int i) {
                             if (i == 5) signal.emit(asio::cancellation_type::terminal);
                         })};
    reelpipe::report result;
    asio::co_spawn(io, run_behind(asio::disable_cancellation(), run),
                   asio::bind_cancellation_slot(signal.slot(), [&result](std::exception_ptr e, reelpipe::report r) {
                       if (!e) result = std::move(r);
                   }));
    io.run_for(60s);
    CHECK(result.end == reelpipe::ending::complete);
    CHECK(result.finished == 50);
}

TEST_CASE("after a run the coroutine has the cancellation filter that it had before", "[pipeline]")
{
    asio::io_context io{1};
    asio::cancellation_signal signal;
    reelpipe::runner run{reelpipe::source("numbers", up_to(5)) | reelpipe::sink("drop", [](int) {})};
    bool waits = false, ended = false;
    asio::co_spawn(
        io, wait_after_a_run(asio::enable_total_cancellation(), run, waits),
        asio::bind_cancellation_slot(signal.slot(), [&ended](std::exception_ptr e) { ended = e != nullptr; }));
    while (!waits) REQUIRE(io.run_one_for(10s) == 1);
    io.poll();
    signal.emit(asio::cancellation_type::total);
    io.run_for(10s);
    CHECK(ended);
}

TEST_CASE("a run on an executor of several threads keeps to one at a time", "[pipeline]")
{
    asio::thread_pool loop{4};
    asio::thread_pool pool{2};
    long sum = 0;
    const auto same = [](int i) { return i; };
    reelpipe::runner run{reelpipe::source("numbers", up_to(3000)) | reelpipe::io("turn", after_a_turn, {.workers = 8}) |
                             reelpipe::cpu("same", same, {.workers = 2}) |
                             reelpipe::io("turn", after_a_turn, {.workers = 8}) |
                             reelpipe::sink("add", [&sum](int i) { sum += i; }),
                         {.cpu = pool.get_executor()}};
    const reelpipe::report r = asio::co_spawn(loop, run.run(), asio::use_future).get();
    CHECK(sum == 3000L * 2999 / 2);
    CHECK(r.finished == 3000);
}

TEST_CASE("a cancellation from any thread of a pool that runs the coroutine reaches the run", "[pipeline]")
{
    for (int round = 0; round < 50; ++round) {
        asio::thread_pool loop{3};
        const auto one_at_a_time = asio::make_strand(loop.get_executor());
        asio::cancellation_signal signal;
        reelpipe::runner run{reelpipe::source("numbers", up_to(1'000'000)) |
                             reelpipe::io("turn", after_a_turn, {.workers = 4}) | reelpipe::sink("drop", [](int) {})};
        std::promise<bool> cancelled;
        asio::co_spawn(
            one_at_a_time, run.run(),
            asio::bind_cancellation_slot(signal.slot(), [&cancelled](std::exception_ptr e, const reelpipe::report&) {
                cancelled.set_value(e != nullptr);
            }));
        while (run.snapshot().finished < static_cast<std::uint64_t>(round)) std::this_thread::yield();
        asio::post(one_at_a_time, [&signal] { signal.emit(asio::cancellation_type::terminal); });
        CHECK(cancelled.get_future().get());
        CHECK(run.snapshot().end == reelpipe::ending::cancelled);
        loop.join();
    }
}

TEST_CASE("a channel on a bare pool is refused", "[channel]")
{
    asio::thread_pool pool{2};
    CHECK_THROWS_AS(reelpipe::make_channel<int>(pool.get_executor()), std::invalid_argument);
    CHECK_NOTHROW(reelpipe::make_channel<int>(asio::make_strand(pool.get_executor())));
}

TEST_CASE("after stop() a snapshot still counts what was given up", "[pipeline]")
{
    asio::io_context io{1};
    const auto fails = [](int i) -> asio::awaitable<int> {
        if (i == 1 || i == 3) throw std::runtime_error("number " + std::to_string(i));
        co_return i;
    };
    reelpipe::runner run{
        reelpipe::source("numbers", up_to(10)) | reelpipe::io("fail", fails) | reelpipe::sink("drop", [](int) {}),
        {.on_failure = [](const reelpipe::failure& f) {
            return f.item == 1 ? reelpipe::verdict::drop() : reelpipe::verdict::stop();
        }}};
    CHECK_THROWS_WITH(run.run(io), "number 3");
    const reelpipe::report r = run.snapshot();
    CHECK(r.end == reelpipe::ending::cancelled);
    CHECK(r.failed == 2);
    CHECK(r.stages[1].failed == 2);
    CHECK(r.finished + r.failed <= r.admitted);
}

TEST_CASE("a runner may live in a coroutine whose io_context is destroyed in mid-run", "[pipeline]")
{
    const auto own_run = []() -> asio::awaitable<void> {
        reelpipe::runner run{reelpipe::source("numbers", up_to(20)) |
                             reelpipe::io("turn", after_a_turn, {.workers = 3, .queue = 2}) |
                             reelpipe::io("wait", after_a_turn, {.queue = 1, .ordered = true}) |
                             reelpipe::sink("drop", [](int) {}, {.queue = 1})};
        co_await run.run();
    };
    bool ended = false;
    for (int steps = 0; !ended; ++steps) {
        asio::io_context io{1};
        asio::co_spawn(io, own_run(), [&ended](std::exception_ptr e) { ended = !e; });
        for (int i = 0; i < steps && !ended; ++i) io.run_one_for(10s);
    }
}
