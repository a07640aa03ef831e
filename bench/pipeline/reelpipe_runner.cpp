// Contender: the runner of reelpipe/pipeline.hpp, as its documentation shows it: a range as source, a coroutine that
// computes nothing or waits for a timer as io stage, a plain function as cpu stage; and the same with a plain function
// in a map stage, where nothing is computed.
#include <optional>
#include <ranges>
#include <reelpipe/pipeline.hpp>

#include "pipeline/workload.hpp"

namespace reelpipe::bench {

namespace {

asio::awaitable<item> nothing(item i) { co_return pass(i); }

asio::awaitable<item> wait(item i)
{
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer timer(loop, timer_work);
    co_await timer.async_wait(asio::use_awaitable);
    co_return pass(i);
}

flow<item> with_middle(flow<item> source, const workload& load)
{
    const stage_options options{.workers = load.width, .queue = load.queue};
    switch (load.middle) {
        case middle_stage::cpu:
            return std::move(source) |
                   cpu("compute", [turns = load.turns_of_cpu](item i) { return compute(i, turns); }, options);
        case middle_stage::timer:
            return std::move(source) | io("wait", wait, options);
        case middle_stage::nothing:
            break;
    }
    return std::move(source) | io("nothing", nothing, options);
}

flow<item> with_map(flow<item> source, const workload& load)
{
    return std::move(source) | map("nothing", pass, {.workers = load.width, .queue = load.queue});
}

void run_with(turn& t, flow<item> (*middle)(flow<item>, const workload&))
{
    asio::io_context loop{1};
    std::optional<asio::thread_pool> pool;
    if (t.load.middle == middle_stage::cpu) pool.emplace(t.load.threads);
    auto numbers =
        std::views::iota(std::uint64_t{0}, t.load.items) | std::views::transform([&t](auto i) { return t.begin(i); });
    runner run{
        middle(source("count", numbers), t.load) | sink("add", [&t](item i) { t.end(i); }, {.queue = t.load.queue}),
        {.cpu = pool ? asio::any_io_executor(pool->get_executor()) : asio::any_io_executor(),
         .max_in_flight = t.load.in_flight()}};
    run.run(loop);
}

}  // namespace

void reelpipe_runner(turn& t) { run_with(t, with_middle); }

void reelpipe_map(turn& t) { run_with(t, with_map); }

}  // namespace reelpipe::bench
