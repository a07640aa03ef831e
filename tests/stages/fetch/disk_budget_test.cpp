#include "stages/fetch/disk_budget.hpp"

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/origin.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

namespace {

struct asking {
    std::optional<disk_room> room{};
    std::exception_ptr error{};
};

void ask(asio::io_context& io, const std::shared_ptr<disk_share>& share, std::uint64_t bytes, asking& answer,
         asio::cancellation_slot slot = {})
{
    asio::co_spawn(io, share->room_for(bytes),
                   asio::bind_cancellation_slot(slot, [&](std::exception_ptr e, disk_room r) {
                       answer.error = e;
                       if (!e) answer.room = std::move(r);
                   }));
    io.restart();
    io.poll();
}

void poll(asio::io_context& io)
{
    io.restart();
    io.poll();
}

// Fetches videos side by side, each for a clip of its own, and lets go of each once it could be cut, on another thread.
// Gives the most that was on disk.
std::uint64_t max_held(fetching& local, fetcher& fetcher, disk_budget& budget, const std::vector<media_source>& videos,
                       const std::function<segment(std::size_t)>& wanted, std::atomic<std::size_t>& cut)
{
    asio::thread_pool cutters{1};
    std::exception_ptr error;
    std::size_t ended = 0;
    for (std::size_t i = 0; i < videos.size(); ++i)
        asio::co_spawn(local.io, fetcher.fetch(videos[i], {wanted(i)}), [&, i](std::exception_ptr e, fetched got) {
            ++ended;
            if (e) error = e;
            asio::post(cutters, [&cut, clip = wanted(i), mine = std::move(got)] {
                if (!mine.clips.empty() && !frames_in(mine.clips.at(0).files.at(0), clip).empty()) ++cut;
            });
        });
    std::uint64_t most = 0;
    local.io.restart();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (ended < videos.size() && local.io.run_one_until(deadline) > 0) most = std::max(most, budget.held());
    cutters.join();
    if (error) std::rethrow_exception(error);
    return most;
}

}  // namespace

TEST_CASE("room on the disk is had at once while there is some, and by the oldest video in any case", "[disk_budget]")
{
    asio::io_context io{1};
    const auto budget = std::make_shared<disk_budget>(io.get_executor(), 100);
    const auto oldest = budget->begin_video(), second = budget->begin_video(), third = budget->begin_video();
    asking a, b, c, d;
    ask(io, second, 60, a);
    ask(io, third, 60, b);
    ask(io, oldest, 500, c);
    CHECK(a.room);
    CHECK_FALSE(b.room);
    CHECK(c.room);
    CHECK(budget->taken() == 560);

    ask(io, second, 10, d);
    c.room.reset();
    poll(io);
    CHECK(d.room);  // as it is older than the one that has waited for longer
    CHECK_FALSE(b.room);
    a.room.reset();
    poll(io);
    CHECK(b.room);
    CHECK(budget->taken() == 70);
}

TEST_CASE("a small request does not overtake a large one of an older video", "[disk_budget]")
{
    asio::io_context io{1};
    const auto budget = std::make_shared<disk_budget>(io.get_executor(), 100);
    const auto oldest = budget->begin_video(), second = budget->begin_video(), third = budget->begin_video();
    asking a, b, c;
    ask(io, oldest, 60, a);
    ask(io, second, 60, b);
    ask(io, third, 10, c);
    CHECK_FALSE(b.room);
    CHECK_FALSE(c.room);
    a.room.reset();
    poll(io);
    CHECK(b.room);
    CHECK(c.room);
}

TEST_CASE("when the bytes of the oldest video are gone, the next one need not wait any more", "[disk_budget]")
{
    asio::io_context io{1};
    const auto budget = std::make_shared<disk_budget>(io.get_executor(), 100);
    auto oldest = budget->begin_video();
    const auto second = budget->begin_video(), third = budget->begin_video();
    oldest->hold(90);
    asking b, c;
    ask(io, second, 200, b);
    ask(io, third, 200, c);
    CHECK_FALSE(b.room);

    std::thread([&] {
        oldest->give_back(90);
        oldest.reset();
    }).join();
    poll(io);
    CHECK(b.room);
    CHECK_FALSE(c.room);

    // Between two attempts a video may wait behind others, so these must not wait for it.
    b.room.reset();
    second->rest();
    poll(io);
    CHECK(c.room);
}

TEST_CASE("a wait for room can be cancelled, and lets those behind it pass", "[disk_budget]")
{
    asio::io_context io{1};
    const auto budget = std::make_shared<disk_budget>(io.get_executor(), 100);
    const auto oldest = budget->begin_video(), second = budget->begin_video(), third = budget->begin_video();
    oldest->hold(50);
    asio::cancellation_signal signal;
    asking b, c;
    ask(io, second, 60, b, signal.slot());
    ask(io, third, 40, c);
    CHECK_FALSE(b.error);
    CHECK_FALSE(c.room);
    signal.emit(asio::cancellation_type::terminal);
    poll(io);
    CHECK(b.error);
    CHECK(c.room);
    c.room.reset();
    CHECK(budget->taken() == 0);
}

TEST_CASE("many videos at a small limit never hold more than it and what the oldest of them needs",
          "[disk_budget][long]")
{
    constexpr std::uint64_t limit = 1'000'000;
    constexpr std::size_t count = 40;
    const auto [file, needed] = GENERATE(table<const char*, std::uint64_t>({{"long.mp4", 900'000},
                                                                            {"long_moov_last.mp4", 900'000},
                                                                            {"video.ts", 1'200'000},
                                                                            {"hls_ts/list.m3u8", 900'000},
                                                                            {"hls_mp4/list.m3u8", 900'000}}));
    CAPTURE(file);
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const auto budget = std::make_shared<disk_budget>(local.io.get_executor(), limit);
    fetcher fetcher(local.http, local.pool.get_executor(), {.folder = local.folder.path(), .budget = budget});
    const std::string url = server.url(file);
    const bool is_list = url.ends_with(".m3u8");
    const bool is_short = url.ends_with("video.ts");
    const std::vector<media_source> videos(count, is_list ? playlist_at(url) : media_source{{remote_file{.url = url}}});
    std::atomic<std::size_t> cut = 0;
    const auto wanted = [&](std::size_t i) {
        const double start = is_short ? static_cast<double>(i % 10) : 7.0 * static_cast<double>(i);
        return seconds(start, start + (is_short ? 4 : 10));
    };
    const std::uint64_t most = max_held(local, fetcher, *budget, videos, wanted, cut);

    CHECK(cut == count);
    CHECK(most > limit / 2);
    CHECK(most <= limit + needed);
    CHECK(budget->held() + budget->taken() == 0);
}

TEST_CASE("a failed video that holds bytes does not hold up those behind it, and goes on when it comes back",
          "[disk_budget][faults]")
{
    const std::string whole = video("long.mp4");
    origin server;
    server.serve("/broken.mp4",
                 [&](const asked& r) { return r.number < 3 ? part_of(whole, r) : reply{.status = 403}; });
    server.serve("/good.mp4", [&](const asked& r) { return part_of(whole, r); });
    fetching local;
    const auto budget = std::make_shared<disk_budget>(local.io.get_executor(), 100'000);
    fetcher fetcher(local.http, local.pool.get_executor(), {.folder = local.folder.path(), .budget = budget});
    const media_source broken{{remote_file{.url = server.url("/broken.mp4")}}};
    const media_source good{{remote_file{.url = server.url("/good.mp4")}}};
    held_video held;
    run_awaitable(local.io, fetcher.fetch(held, broken, {seconds(20, 30)}));
    CHECK_THROWS_AS(run_awaitable(local.io, fetcher.fetch(held, broken, {seconds(100, 130)})), http_error);
    REQUIRE(budget->held() > 100'000);

    CHECK(run_awaitable(local.io, fetcher.fetch(good, {seconds(20, 30)})).held_bytes > 0);
    CHECK(run_awaitable(local.io, fetcher.fetch(held, good, {seconds(100, 130)})).held_bytes > 0);
}

TEST_CASE("a fetch that waits for room can be cancelled", "[disk_budget]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const auto budget = std::make_shared<disk_budget>(local.io.get_executor(), 100'000);
    fetcher fetcher(local.http, local.pool.get_executor(), {.folder = local.folder.path(), .budget = budget});
    const char* const name = GENERATE("long.mp4", "hls_ts/list.m3u8");
    const bool is_list = std::string(name).ends_with(".m3u8");
    const media_source source =
        is_list ? playlist_at(server.url(name)) : media_source{{remote_file{.url = server.url(name)}}};
    auto first = std::make_unique<fetched>(run_awaitable(local.io, fetcher.fetch(source, {seconds(150, 160)})));
    REQUIRE(budget->held() > 100'000);

    asio::cancellation_signal signal;
    std::exception_ptr error;
    asio::co_spawn(
        local.io, fetcher.fetch(source, {seconds(20, 30)}),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, const fetched&) { error = e; }));
    local.io.restart();
    local.io.poll();
    CHECK_FALSE(error);
    CHECK(server.log(first->counts.requests).size() == first->counts.requests);
    signal.emit(asio::cancellation_type::terminal);
    local.io.restart();
    local.io.poll();
    CHECK(error);
    first.reset();
    CHECK(budget->held() + budget->taken() == 0);
}
