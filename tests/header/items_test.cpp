// How often items are copied and moved on their way.
#include <reelpipe/pipeline.hpp>

#include <ranges>
#include <stdexcept>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

struct item {
    explicit item(int v) : value(v) {}
    item(const item& other) : value(other.value) { ++copies; }
    item(item&& other) noexcept : value(other.value) { ++moves; }
    item& operator=(const item&) = default;
    item& operator=(item&&) = default;
    ~item() = default;

    int value;
    static inline int copies = 0;
    static inline int moves = 0;
};

struct counts {
    int copies, moves;  // of 100 items
};

template <class Stage> counts of_hundred(Stage stage)
{
    asio::io_context io{1};
    asio::thread_pool pool{1};
    item::copies = item::moves = 0;
    auto items = std::views::iota(0, 100) | std::views::transform([](int i) { return item(i); });
    reelpipe::runner run{reelpipe::source("items", items) | std::move(stage), {.cpu = pool.get_executor()}};
    run.run(io);
    return {item::copies, item::moves};
}

template <class Stage> counts through(Stage stage)
{
    return of_hundred(std::move(stage) | reelpipe::sink("drop", [](int) {}));
}

}  // namespace

TEST_CASE("an item is moved into the queue, out of it, and into a function that takes it by value", "[pipeline]")
{
    const counts by_reference = of_hundred(reelpipe::sink("drop", [](const item&) {}));
    CHECK(by_reference.copies == 0);
    CHECK(by_reference.moves <= 3 * 100);
    const counts by_value = of_hundred(reelpipe::sink("drop", [](item) {}));
    CHECK(by_value.copies == 0);
    CHECK(by_value.moves <= 4 * 100);
}

TEST_CASE("attempts that are not needed copy nothing where the item is taken by const&", "[pipeline]")
{
    const auto there = [](const item& i) { return i.value; };
    const auto here = [](const item& i) -> asio::awaitable<int> { co_return i.value; };
    CHECK(through(reelpipe::cpu("there", there, {.attempts = 3})).copies == 0);
    CHECK(through(reelpipe::io("here", here, {.attempts = 3})).copies == 0);
}

TEST_CASE("a function that takes its item away gets a copy while there are attempts left", "[pipeline]")
{
    const auto takes = [](item&& i, const reelpipe::context& c) -> asio::awaitable<int> {
        const item mine = std::move(i);
        if (c.attempt() < 3) throw std::runtime_error("again");
        co_return mine.value;
    };
    CHECK(through(reelpipe::io("take", takes, {.attempts = 3, .backoff = 0ms})).copies == 200);
}

TEST_CASE("several attempts are no matter for items that cannot be copied, if they are taken by const&", "[pipeline]")
{
    using box = std::unique_ptr<int>;
    asio::io_context io{1};
    int sum = 0;
    const auto look = [](const box& b, const reelpipe::context& c) -> asio::awaitable<int> {
        if (c.attempt() == 1) throw std::runtime_error("again");
        co_return *b;
    };
    const auto boxed = [](int i) -> asio::awaitable<box> { co_return std::make_unique<int>(i); };
    reelpipe::runner run{reelpipe::source("numbers", {1, 2, 3}) | reelpipe::io("box", boxed) |
                         reelpipe::io("look", look, {.attempts = 2, .backoff = 0ms}) |
                         reelpipe::sink("add", [&sum](int i) { sum += i; })};
    run.run(io);
    CHECK(sum == 6);
}
