#include "threads/waiting_list.hpp"

#include <asio.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>

#include "support/catch.hpp"

using reelpipe::waiting_list;

namespace {

// Rooms that few may be in at a time, and a log of who came in, gave up or left.
struct rooms {
    // Comes in as soon as it is first and a room is free, and leaves when `done` expires.
    asio::awaitable<void> visit(char who, asio::steady_timer& done)
    {
        {
            const auto executor = co_await asio::this_coro::executor;
            waiting_list::place mine(line, executor);
            try {
                while (!mine.is_first() || free == 0) co_await mine.wait();
            } catch (const std::system_error& e) {
                log += e.code() == asio::error::operation_aborted ? std::string("x") + who : "?";
                throw;
            }
            --free;
        }
        log += who;
        asio::error_code ended;
        co_await done.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        ++free;
        line.wake_first();
    }

    std::size_t free = 1;
    waiting_list line{};
    std::string log{};
};

// One visitor, who can be sent out and called off.
struct visitor {
    visitor(asio::io_context& io, rooms& of, char who) : done(io, asio::steady_timer::time_point::max())
    {
        asio::co_spawn(io, of.visit(who, done),
                       asio::bind_cancellation_slot(off.slot(), [](const std::exception_ptr&) {}));
    }
    void leave() { done.cancel(); }
    void call_off() { off.emit(asio::cancellation_type::terminal); }

    asio::steady_timer done;
    asio::cancellation_signal off;
};

}  // namespace

TEST_CASE("who waits comes in in the order of coming", "[waiting_list]")
{
    asio::io_context io{1};
    rooms all;
    visitor a(io, all, 'a'), b(io, all, 'b'), c(io, all, 'c');
    io.poll();
    CHECK(all.log == "a");

    a.leave();
    io.poll();
    CHECK(all.log == "ab");
    b.leave();
    io.poll();

    CHECK(all.log == "abc");
    c.leave();
    io.poll();
    CHECK(all.line.is_empty());
}

TEST_CASE("a place that is given up is nobody's loss", "[waiting_list]")
{
    asio::io_context io{1};
    rooms all;
    visitor a(io, all, 'a'), b(io, all, 'b'), c(io, all, 'c');
    io.poll();
    const bool woken_before = GENERATE(false, true);

    if (woken_before) a.leave();  // b is woken in the same turn in which it is called off
    b.call_off();
    if (!woken_before) a.leave();
    io.poll();

    CHECK(all.log == "axbc");
    c.leave();
    io.poll();
    CHECK(all.line.is_empty());
}

TEST_CASE("two that leave in one turn let two in", "[waiting_list]")
{
    asio::io_context io{1};
    rooms all{.free = 2};
    visitor a(io, all, 'a'), b(io, all, 'b'), c(io, all, 'c'), d(io, all, 'd');
    io.poll();

    a.leave();
    b.leave();
    io.poll();

    CHECK(all.log == "abcd");
    c.leave();
    d.leave();
    io.poll();
}

TEST_CASE("a wait ends at its time, though nobody wakes it", "[waiting_list]")
{
    asio::io_context io{1};
    waiting_list line;
    bool ended = false;
    const auto wait = [](asio::io_context& on, waiting_list& of) -> asio::awaitable<void> {
        waiting_list::place mine(of, on.get_executor());
        co_await mine.wait(std::chrono::steady_clock::now());
    };
    asio::co_spawn(io, wait(io, line), [&](const std::exception_ptr& e) { ended = !e; });
    io.run();

    CHECK(ended);
    CHECK(line.is_empty());
}
