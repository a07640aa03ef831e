// Where items come from.
#include <reelpipe/pipeline.hpp>

#include <ranges>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "header/numbers.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::test::up_to;

namespace {

using text = std::string;
const text first = "long enough a text to lie on the heap: one", second = "long enough a text to lie on the heap: two";

template <class T> std::vector<T> all_of(reelpipe::flow<T> items, reelpipe::run_options options = {})
{
    asio::io_context io{1};
    std::vector<T> got;
    reelpipe::runner run{std::move(items) | reelpipe::sink("keep", [&got](T item) { got.push_back(std::move(item)); }),
                         std::move(options)};
    run.run(io);
    return got;
}

void compute_for(std::chrono::milliseconds length)
{
    const auto end = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < end) {
    }
}

// Counts the turns of a loop while a run goes on.
struct turns {
    explicit turns(asio::io_context& io) : io_(io) { count(); }

    void count()
    {
        ++counted;
        asio::post(io_, [this] {
            if (!over) count();
        });
    }

    int counted = 0;
    bool over = false;

private:
    asio::io_context& io_;
};

}  // namespace

TEST_CASE("a list in braces, an array and a span are sources", "[source]")
{
    const auto from_list = [] { return reelpipe::source("list", std::initializer_list<text>{first, second}); };
    CHECK(all_of(from_list()) == std::vector{first, second});
    CHECK(all_of(reelpipe::source("braces", {1, 2, 3})) == std::vector{1, 2, 3});
    int numbers[] = {1, 2, 3};
    CHECK(all_of(reelpipe::source("array", numbers)) == std::vector{1, 2, 3});
    CHECK(all_of(reelpipe::source("span", std::span<int>(numbers))) == std::vector{1, 2, 3});
    CHECK(all_of(reelpipe::source("bits", std::vector<bool>{true, false})) == std::vector{true, false});
}

TEST_CASE("a list that is passed by name stays as it was", "[source]")
{
    std::vector<text> texts{first, second};
    CHECK(all_of(reelpipe::source("texts", texts)) == texts);
    CHECK(texts == std::vector{first, second});
}

TEST_CASE("the function of a source may take a stop token or a context", "[source]")
{
    const auto until_stopped = [](reelpipe::out<int> next, std::stop_token stop) -> asio::awaitable<void> {
        for (int i = 0; !stop.stop_requested(); ++i) {
            try {
                co_await next.send(i);
            } catch (const asio::system_error&) {
                if (!stop.stop_requested()) throw;
            }
        }
    };
    asio::io_context io{1};
    reelpipe::runner* control = nullptr;
    reelpipe::runner run{reelpipe::source("until stopped", until_stopped) | reelpipe::sink("cancel", [&](int i) {
                             if (i == 100) control->cancel();
                         })};
    control = &run;
    CHECK(run.run(io).end == reelpipe::ending::cancelled);

    const auto counting = [](const reelpipe::out<int>& next, reelpipe::context c) -> asio::awaitable<void> {
        auto way = next;
        co_await way.send(1);
        c.count("lines", 7);
    };
    reelpipe::runner counted{reelpipe::source("counting", counting) | reelpipe::sink("drop", [](int) {})};
    CHECK(counted.run(io).stages[0].counters.at("lines") == 7);
}

TEST_CASE("a source and a sink that compute let others have the loop", "[source]")
{
    asio::io_context io{1};
    turns others(io);
    auto slow = std::views::iota(0, 50) | std::views::transform([](int i) {
                    compute_for(1ms);
                    return i;
                });
    int turns_of_source = 0;
    reelpipe::runner run{reelpipe::source("slow", slow) | reelpipe::sink("slow, too",
                                                                         [&](int i) {
                                                                             compute_for(1ms);
                                                                             if (i == 0)
                                                                                 turns_of_source = others.counted;
                                                                         },
                                                                         {.queue = 100})};
    run.run(io);
    others.over = true;
    CHECK(turns_of_source <= 3);  // the sink had its turn soon
    CHECK(others.counted >= 50);  // rather than one for the source and one for the sink
}

TEST_CASE("cpu_source walks its range on the pool, in order", "[source]")
{
    asio::thread_pool pool{2};
    std::set<std::thread::id> threads;
    auto made_there = up_to(1000) | std::views::transform([&threads](int i) {
                          threads.insert(std::this_thread::get_id());
                          return text(40, static_cast<char>('a' + i % 26));
                      });
    const auto got =
        all_of(reelpipe::cpu_source("texts", std::move(made_there)), {.cpu = pool.get_executor(), .max_in_flight = 7});
    CHECK(got.size() == 1000);
    CHECK(got[27] == text(40, 'b'));
    CHECK_FALSE(threads.contains(std::this_thread::get_id()));
    CHECK(all_of(reelpipe::cpu_source("none", std::vector<int>{}), {.cpu = pool.get_executor()}).empty());
    CHECK_THROWS_AS(all_of(reelpipe::cpu_source("no pool", up_to(3))), std::invalid_argument);
}

TEST_CASE("what was read before the range of a cpu_source failed is sent", "[source]")
{
    asio::io_context io{1};
    asio::thread_pool pool{1};
    auto fails = std::views::iota(0, 100) | std::views::transform([](int i) {
                     if (i == 70) throw std::runtime_error("line 70 is no number");
                     return i;
                 });
    int got = 0;
    reelpipe::runner run{reelpipe::cpu_source("lines", fails) | reelpipe::sink("count", [&got](int) { ++got; }),
                         {.cpu = pool.get_executor()}};
    CHECK_THROWS_WITH(run.run(io), "line 70 is no number");
    CHECK(run.snapshot().admitted == 70);
}
