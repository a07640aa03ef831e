// Property tests: random pipelines, ended in random ways, against what an ordinary loop would have made.
#include <reelpipe/pipeline.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/sanitizer.hpp"

using namespace std::chrono_literals;

namespace {

// Move-only and without a default.
struct heavy {
    explicit heavy(int v) : value(std::make_unique<int>(v)) {}
    std::unique_ptr<int> value;
};
std::size_t weight_of(const heavy& h) { return static_cast<std::size_t>(*h.value % 9 + 1); }

int copies_of(int i) { return i % 4; }

asio::awaitable<void> spread(int i, reelpipe::out<heavy> next)
{
    const auto loop = co_await asio::this_coro::executor;
    if (i % 3 == 0) co_await asio::post(loop, asio::use_awaitable);
    for (int copy = 0; copy < copies_of(i); ++copy) {
        heavy item(4 * i + copy);
        co_await next.send(std::move(item));
    }
}

asio::awaitable<int> unpack(heavy h)
{
    const auto loop = co_await asio::this_coro::executor;
    if (*h.value % 5 == 0) co_await asio::post(loop, asio::use_awaitable);
    co_return *h.value;
}

// What comes of the items 0 to n - 1, if those that `lost` divides are given up.
std::vector<int> expected_of(std::uint64_t n, int lost)
{
    std::vector<int> all;
    for (int i = 0; i < static_cast<int>(n); ++i)
        if (i % lost != 0)
            for (int copy = 0; copy < copies_of(i); ++copy) all.push_back(4 * i + copy);
    return all;
}

struct fatal : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class end_by { nothing, drain, cancel, stop };

void check_one_to_one(const reelpipe::stage_stats& s) { REQUIRE(s.in == s.out + s.filtered + s.failed + s.retried); }

}  // namespace

TEST_CASE("random pipelines with cpu, one-to-many and weighed stages keep every promise however they end", "[pipeline]")
{
    const auto seed = Catch::getSeed();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t low, std::size_t high) {
        return std::uniform_int_distribution<std::size_t>(low, high)(random);
    };
    asio::thread_pool pool{3};

    for (int round = 0; round < (reelpipe::test::sanitized ? 1000 : 3000); ++round) {
        const auto n = static_cast<int>(pick(0, 30));
        const auto lost = static_cast<int>(pick(2, 9));
        const auto attempts = static_cast<unsigned>(pick(1, 3));
        const auto how = static_cast<end_by>(pick(0, 3));
        const std::size_t moment = pick(0, 30);  // of the end, in items that reached the sink
        const bool ordered = pick(0, 1) == 1;
        const reelpipe::stage_options compute{
            .workers = pick(1, 4), .queue = pick(1, 4), .attempts = attempts, .backoff = 0ms, .ordered = ordered};
        const reelpipe::stage_options spreads{.workers = pick(1, 3), .queue = pick(1, 3), .ordered = ordered};
        const reelpipe::stage_options unpacks{
            .workers = pick(1, 3), .queue = pick(1, 6), .weight = pick(0, 20), .ordered = ordered};
        const std::size_t in_flight = pick(1, 8);
        CAPTURE(round, n, lost, attempts, static_cast<int>(how), moment, ordered, compute.workers, compute.queue,
                spreads.workers, unpacks.workers, unpacks.weight, in_flight);

        const auto on_pool = [lost](int i, reelpipe::context c) {
            if (i % lost == 0) throw std::runtime_error("every time");
            if (i % 2 == 0 && c.attempt() < 2) throw std::range_error("once");
            return i;
        };
        std::vector<int> got;
        asio::io_context io{1};
        reelpipe::runner* control = nullptr;
        const auto keep = [&](int i) {
            if (got.size() == moment && how == end_by::stop) throw fatal("enough");
            got.push_back(i);
            if (got.size() != moment) return;
            if (how == end_by::drain) control->drain();
            if (how == end_by::cancel) control->cancel();
        };
        std::vector<int> numbers(static_cast<std::size_t>(n));
        std::iota(numbers.begin(), numbers.end(), 0);
        reelpipe::runner run{reelpipe::source("numbers", std::move(numbers)) |
                                 reelpipe::cpu("compute", on_pool, compute) | reelpipe::io("spread", spread, spreads) |
                                 reelpipe::io("unpack", unpack, unpacks) | reelpipe::sink("keep", keep),
                             {.cpu = pool.get_executor(), .max_in_flight = in_flight, .on_failure = [](const auto& f) {
                                  if (f.template as<fatal>()) return reelpipe::verdict::stop();
                                  return reelpipe::verdict::retry();
                              }}};
        control = &run;

        bool failed = false;
        try {
            run.run(io);
        } catch (const fatal&) {
            failed = true;
        }
        io.restart();
        io.poll();
        REQUIRE(io.stopped());  // nothing is left
        const reelpipe::report r = run.snapshot();

        std::vector<int> wanted = expected_of(r.admitted, lost);
        if (attempts == 1)
            std::erase_if(wanted, [](int made) { return made / 4 % 2 == 0; });  // "once" was once too many
        if (!ordered) std::sort(got.begin(), got.end());
        if (r.end != reelpipe::ending::cancelled) {
            REQUIRE_FALSE(failed);
            REQUIRE(got == wanted);
            REQUIRE(r.admitted == r.finished + r.failed);
            if (r.end == reelpipe::ending::complete) REQUIRE(r.admitted == static_cast<std::uint64_t>(n));
            check_one_to_one(r.stages[1]);
            check_one_to_one(r.stages[3]);
        } else {
            REQUIRE((how == end_by::cancel || failed));
            REQUIRE(std::adjacent_find(got.begin(), got.end()) == got.end());
            std::sort(got.begin(), got.end());
            REQUIRE(std::includes(wanted.begin(), wanted.end(), got.begin(), got.end()));
        }
        for (const reelpipe::stage_stats& s : r.stages) {
            REQUIRE(s.busy_s + s.starved_s + s.blocked_s <= static_cast<double>(s.workers) * r.wall_s + 1e-9);
            REQUIRE(s.queued == 0);
            REQUIRE(s.queued_peak <= s.queue);
        }
    }
}

TEST_CASE("a channel is a bounded queue, whatever comes in which order", "[channel]")
{
    const auto seed = Catch::getSeed();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t low, std::size_t high) {
        return std::uniform_int_distribution<std::size_t>(low, high)(random);
    };
    asio::io_context io{1};
    for (int round = 0; round < (reelpipe::test::sanitized ? 600 : 2000); ++round) {
        const reelpipe::capacity limit{.items = pick(1, 6), .weight = pick(0, 20)};
        auto [out, in] = reelpipe::make_channel<heavy>(io.get_executor(), limit);
        std::deque<int> model;
        CAPTURE(round, limit.items, limit.weight);
        for (int step = 0; step < 50; ++step) {
            if (pick(0, 2) == 0) {
                const auto item = in.try_receive();
                REQUIRE(item.has_value() == !model.empty());
                if (!item) continue;
                REQUIRE(*item->value == model.front());
                model.pop_front();
                continue;
            }
            heavy item(step);
            std::size_t weight = weight_of(item);
            for (const int queued : model) weight += static_cast<std::size_t>(queued % 9 + 1);
            const bool fits =
                model.size() < limit.items && (limit.weight == 0 || model.empty() || weight <= limit.weight);
            REQUIRE(out.try_send(item) == fits);
            REQUIRE((item.value == nullptr) == fits);
            if (fits) model.push_back(step);
        }
    }
}
