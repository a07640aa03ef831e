// Plain functions on the loop, and limits on the time of a call.
#include <reelpipe/pipeline.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "header/numbers.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;

namespace {

asio::awaitable<int> thrown_after_a_turn()
{
    co_await next_turn();
    throw std::out_of_range("no such number");
}

// A result that cannot be made by default passes, too.
struct opaque {
    explicit opaque(int i) : value(i) {}
    int value;
};

asio::awaitable<opaque> opaque_after_a_turn(int i)
{
    co_await next_turn();
    co_return opaque(i);
}

asio::awaitable<void> add_after_a_turn(int& sum, int i)
{
    co_await next_turn();
    sum += i;
}

const auto wait_for_an_hour = [](int i) { return reelpipe::within(1h, for_ever(i)); };

}  // namespace

TEST_CASE("a map stage is a plain function on the loop", "[pipeline]")
{
    asio::io_context io{1};
    const std::thread::id loop = std::this_thread::get_id();
    bool is_on_loop = true;
    std::vector<std::string> all;
    auto word = [&](int i, reelpipe::context c) -> std::optional<std::string> {
        is_on_loop &= std::this_thread::get_id() == loop;
        c.count("odd", i % 2 != 0);
        if (i % 2 != 0) return std::nullopt;
        return std::to_string(i);
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(1000)) | reelpipe::map("word", word, {.queue = 3}) |
                         reelpipe::map("twice", [](std::string s) { return s + s; }) |
                         reelpipe::sink("keep", [&](std::string s) { all.push_back(std::move(s)); })};
    const reelpipe::report r = run.run(io);

    CHECK(is_on_loop);
    REQUIRE(all.size() == 500);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == std::to_string(2 * i) + std::to_string(2 * i));
    CHECK(r.stages[1].in == 1000);
    CHECK(r.stages[1].filtered == 500);
    CHECK(r.stages[1].out == 500);
}

TEST_CASE("a map stage that throws is judged and tries again", "[pipeline]")
{
    asio::io_context io{1};
    int calls = 0;
    std::vector<int> all;
    auto rarely = [&](int i) {
        if (++calls % 3 != 0) throw std::runtime_error("not yet");
        return i;
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(5)) |
                         reelpipe::map("rarely", rarely, {.attempts = 3, .backoff = 0ms, .ordered = true}) |
                         reelpipe::sink("keep", [&](int i) { all.push_back(i); })};
    const reelpipe::report r = run.run(io);

    CHECK(all == up_to(5));
    CHECK(r.stages[1].retried == 10);
}

TEST_CASE("a call that takes too long fails as such, and other failures stay what they are", "[pipeline]")
{
    asio::io_context io{1};
    auto some = [](int i) {
        return reelpipe::within(50ms, i % 3 == 0 ? thrown_after_a_turn() : i % 3 == 1 ? for_ever(i) : after_a_turn(i));
    };
    std::vector<int> done;
    std::size_t late = 0, thrown = 0;
    const auto judge = [&](const reelpipe::failure& f) {
        late += f.as<reelpipe::call_timed_out>() != nullptr;
        thrown += f.as<std::out_of_range>() != nullptr;
        return reelpipe::verdict::drop();
    };
    reelpipe::runner run{reelpipe::source("numbers", up_to(30)) | reelpipe::io("some", some, {.workers = 5}) |
                             reelpipe::sink("keep", [&](int i) { done.push_back(i); }),
                         {.on_failure = judge}};
    const reelpipe::report r = run.run(io);

    CHECK(r.end == reelpipe::ending::complete);
    CHECK(late == 10);
    CHECK(thrown == 10);
    CHECK(done.size() == 10);
    CHECK(io.run() == 0);  // no timer was left
}

TEST_CASE("a call that took too long may be tried again", "[pipeline]")
{
    asio::io_context io{1};
    int calls = 0;
    std::vector<int> done;
    auto first_never = [&calls](int i) { return reelpipe::within(1ms, ++calls == 1 ? for_ever(i) : after_a_turn(i)); };
    reelpipe::runner run{reelpipe::source("numbers", up_to(1)) |
                         reelpipe::io("some", first_never, {.attempts = 2, .backoff = 0ms}) |
                         reelpipe::sink("keep", [&](int i) { done.push_back(i); })};
    run.run(io);
    CHECK(calls == 2);
    CHECK(done == up_to(1));
}

TEST_CASE("what ends in time is passed on, whatever its type, and a sink may have a limit, too", "[pipeline]")
{
    asio::io_context io{1};
    int sum = 0;
    auto add = [&sum](opaque n) {
        return reelpipe::within(std::chrono::milliseconds::max(), add_after_a_turn(sum, n.value));
    };
    reelpipe::runner run{
        reelpipe::source("numbers", up_to(100)) |
        reelpipe::io("number", [](int i) { return reelpipe::within(1h, opaque_after_a_turn(i)); }, {.workers = 7}) |
        reelpipe::sink("add", add)};
    run.run(io);
    CHECK(sum == 4950);
    CHECK(io.run() == 0);
}

TEST_CASE("a run that is cancelled cancels calls with a limit", "[pipeline]")
{
    asio::io_context io{1};
    reelpipe::runner run{reelpipe::source("numbers", up_to(100)) |
                         reelpipe::io("wait", wait_for_an_hour, {.workers = 8}) | reelpipe::sink("drop", [](int) {})};
    asio::post(io, [&] { asio::post(io, [&] { run.cancel(); }); });
    CHECK(run.run(io).end == reelpipe::ending::cancelled);
    CHECK(io.run() == 0);
}

TEST_CASE("the loop may be destroyed while calls with a limit are under way", "[pipeline]")
{
    const auto held = std::make_shared<int>(0);
    {
        asio::io_context io{1};
        auto wait = [held](int i) { return reelpipe::within(1h, for_ever(i)); };
        auto run = std::make_unique<reelpipe::runner>(reelpipe::source("numbers", up_to(100)) |
                                                      reelpipe::io("wait", wait, {.workers = 8}) |
                                                      reelpipe::sink("drop", [](int) {}));
        asio::co_spawn(io, run->run(), asio::detached);
        io.poll();
        CHECK(held.use_count() > 2);
    }
    CHECK(held.use_count() == 1);
}
