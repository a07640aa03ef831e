// bench_pipeline: what it costs to move items through three stages. The same items, the same work, the same room in
// queues for all; count and sum are checked before a time counts. "Inside" is the time from the source, where an item
// is made, to the sink. Sources are never short of items, so that it is mostly the time in queues.
#include <fmt/format.h>
#include <oneapi/tbb/version.h>

#include <algorithm>
#include <asio/version.hpp>
#include <thread>

#include "pipeline/workload.hpp"
#include "runner/contest.hpp"

namespace {

using namespace reelpipe::bench;

using run_function = void (*)(turn&);

// So many turns take `cpu_work` on this machine. Not beside compute(): a compiler that sees both takes the call out of
// what is timed.
std::uint64_t calibrated_turns()
{
    constexpr std::uint64_t turns = 100'000;
    auto best = std::chrono::steady_clock::duration::max();
    item result = 0;
    for (int attempt = 0; attempt < 20; ++attempt) {  // the shortest: somebody else may have had the core meanwhile
        const auto start = std::chrono::steady_clock::now();
        result |= compute(item{1} << 20, turns);
        best = std::min(best, std::chrono::steady_clock::now() - start);
    }
    if (result == 0) throw wrong_result("computing gives nothing");
    return static_cast<std::uint64_t>(turns * std::chrono::duration<double>(cpu_work) / best);
}

contender named(std::string name, run_function run, const workload& load)
{
    return {.name = std::move(name), .take_turn = [run, load] {
                turn t(load);
                run(t);
                return t.measured();
            }};
}

contest hold(std::string name, std::string work, const workload& load)
{
    contest all{
        .name = std::move(name),
        .work =
            fmt::format("{}; {} items, {} in the middle stage at once, queues of {}, {}", work, load.items, load.width,
                        load.queue, load.threads == 1 ? "one thread" : fmt::format("{} threads", load.threads)),
        .contenders = {named("reelpipe", reelpipe_runner, load), named("asio channel, awaited", asio_awaited, load),
                       named("asio channel, try first", asio_try_first, load), named("oneTBB", onetbb, load),
                       named("thread per stage", thread_per_stage, load), named("ordinary loop", ordinary_loop, load)}};
    if (load.middle == middle_stage::nothing)
        all.contenders.insert(all.contenders.begin() + 1, named("reelpipe, map stage", reelpipe_map, load));
    return all;
}

scenario make(scale how_much)
{
    const auto sized = [how_much](std::uint64_t quick, std::uint64_t full) {
        return how_much == scale::smoke ? 500 : how_much == scale::quick ? quick : full;
    };
    const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
    const std::uint64_t turns = calibrated_turns();
    // a prime, so that samples do not keep step with the length of a queue
    const workload nothing = checked({.items = sized(500'000, 2'000'000), .sampled = 61});
    workload short_queues = nothing;
    short_queues.queue = 16;
    const workload compute = checked({.middle = middle_stage::cpu,
                                      .items = sized(20'000, 100'000),
                                      .threads = cores,
                                      .width = 4 * cores,
                                      .turns_of_cpu = turns});
    const workload wait = checked({.middle = middle_stage::timer, .items = sized(20'000, 60'000), .width = 64});

    scenario s{.name = "pipeline",
               .columns = {{.figure = "items_per_s", .heading = "thousand items/s", .scale = 1e-3, .decimals = 1},
                           {.figure = "cpu_ns", .heading = "CPU ns/item"},
                           {.figure = "inside_p50_us", .heading = "inside p50 us", .decimals = 1},
                           {.figure = "inside_p99_us", .heading = "inside p99 us", .decimals = 1}},
               .contests = {hold("no-op", "the middle stage does nothing", nothing),
                            hold("no-op, short queues", "the middle stage does nothing", short_queues),
                            hold("cpu", "the middle stage computes for 10 us", compute),
                            hold("timer", "the middle stage waits for a timer of 1 ms", wait)},
               .targets = {},
               .setup = {{"asio", fmt::format("{}.{}.{}", ASIO_VERSION / 100000, ASIO_VERSION / 100 % 1000,
                                              ASIO_VERSION % 100)},
                         {"oneTBB", TBB_VERSION_STRING},
                         {"turns in 10 us", std::to_string(turns)}},
               .rounds = how_much == scale::quick ? 2 : 0};
    // The loop waits for one timer after the other: as many items as the others would take minutes.
    std::erase_if(s.contests.back().contenders, [](const contender& c) { return c.name == "ordinary loop"; });

    const auto target_of_no_op = [&s](double bound, std::string against, bool aim) {
        s.targets.push_back({.contest = "no-op",
                             .contender = "reelpipe",
                             .figure = "items_per_s",
                             .bound = bound,
                             .against = std::move(against),
                             .aim = aim});
    };
    target_of_no_op(3e6, "", false);
    target_of_no_op(1, "asio channel, awaited", false);
    target_of_no_op(8e6, "", true);
    target_of_no_op(0.5, "oneTBB", true);
    return s;
}

}  // namespace

int main(int argc, char** argv)
{
    return run_bench(argc, argv, "What it costs to move items through three stages, here and elsewhere.", make);
}
