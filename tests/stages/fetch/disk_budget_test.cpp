#include "stages/fetch/disk_budget.hpp"

#include <asio/bind_cancellation_slot.hpp>

#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

TEST_CASE("no video is begun while the temporary files hold as much as they may", "[disk_budget]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching first;
    const auto budget = std::make_shared<disk_budget>(first.io.get_executor(), 100'000);
    fetch_options options{.folder = first.folder.path(), .budget = budget};
    fetcher fetcher(first.http, first.pool.get_executor(), options);
    const media_source source{{remote_file{.url = server.url("long.mp4")}}};
    auto held = std::make_unique<fetched>(run_awaitable(first.io, fetcher.fetch(source, {seconds(150, 160)})));
    CHECK(budget->used() == held->held_bytes);
    REQUIRE(budget->used() > 100'000);
    const std::size_t asked = held->counts.requests;

    bool done = false;
    asio::co_spawn(first.io, fetcher.fetch(source, {seconds(20, 30)}),
                   [&](std::exception_ptr error, const fetched&) { done = !error; });
    first.io.restart();
    first.io.poll();
    CHECK_FALSE(done);
    CHECK(server.log(asked).size() == asked);

    held.reset();  // the last clip of the first video is stored
    first.io.run();
    CHECK(done);
    CHECK(budget->used() == 0);
}

TEST_CASE("a wait for room can be cancelled", "[disk_budget]")
{
    asio::io_context io{1};
    const auto budget = std::make_shared<disk_budget>(io.get_executor(), 10);
    budget->add(10);
    asio::cancellation_signal signal;
    std::exception_ptr error;
    asio::co_spawn(io, budget->wait_for_room(),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { error = e; }));
    io.poll();
    CHECK_FALSE(error);
    signal.emit(asio::cancellation_type::terminal);
    io.run();
    CHECK(error);
}
