// Contenders: coroutines over asio::experimental::channel, once with every operation awaited, as Asio's examples show
// it, and once with try_send and try_receive first. What is computed hops to a pool and back. The end is a message with
// asio::error::eof, one for every worker, because close() drops what is queued.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>
#include <exception>
#include <optional>

#include "pipeline/workload.hpp"

namespace reelpipe::bench {

namespace {

using channel = asio::experimental::channel<void(asio::error_code, item)>;

enum class style { awaited, try_first };

template <style Style> asio::awaitable<void> count(channel& out, turn& t)
{
    asio::error_code none;
    for (std::uint64_t n = 0; n < t.load.items; ++n) {
        const item i = t.begin(n);
        if constexpr (Style == style::try_first)
            if (out.try_send(none, i)) continue;
        co_await out.async_send(none, i, asio::use_awaitable);
    }
    const asio::error_code end = asio::error::eof;
    for (std::size_t worker = 0; worker < t.load.width; ++worker)
        co_await out.async_send(end, item{0}, asio::use_awaitable);
}

template <style Style>
asio::awaitable<void> work(channel& in, channel& out, asio::thread_pool* pool, const workload& load,
                           std::size_t& workers)
{
    const auto loop = co_await asio::this_coro::executor;
    for (;;) {
        asio::error_code end;
        item i = 0;
        bool received = false;
        if constexpr (Style == style::try_first)
            received = in.try_receive([&](asio::error_code e, item r) { end = e, i = r; });
        if (!received) i = co_await in.async_receive(asio::redirect_error(asio::use_awaitable, end));
        if (end) break;

        if (load.middle == middle_stage::cpu) {
            co_await asio::post(asio::bind_executor(*pool, asio::use_awaitable));
            i = compute(i, load.turns_of_cpu);
            co_await asio::post(asio::bind_executor(loop, asio::use_awaitable));
        } else {
            if (load.middle == middle_stage::timer) {
                asio::steady_timer timer(loop, timer_work);
                co_await timer.async_wait(asio::use_awaitable);
            }
            i = pass(i);
        }
        if constexpr (Style == style::try_first)
            if (out.try_send(end, i)) continue;
        co_await out.async_send(end, i, asio::use_awaitable);
    }
    if (--workers != 0) co_return;
    const asio::error_code end = asio::error::eof;
    co_await out.async_send(end, item{0}, asio::use_awaitable);
}

template <style Style> asio::awaitable<void> add(channel& in, turn& t)
{
    for (;;) {
        asio::error_code end;
        item i = 0;
        bool received = false;
        if constexpr (Style == style::try_first)
            received = in.try_receive([&](asio::error_code e, item r) { end = e, i = r; });
        if (!received) i = co_await in.async_receive(asio::redirect_error(asio::use_awaitable, end));
        if (end) break;
        t.end(i);
    }
}

template <style Style> void run(turn& t)
{
    asio::io_context loop{1};
    std::optional<asio::thread_pool> pool;
    if (t.load.middle == middle_stage::cpu) pool.emplace(t.load.threads);
    channel counted(loop, t.load.queue), worked(loop, t.load.queue);
    std::size_t workers = t.load.width;
    std::exception_ptr error;
    const auto ended = [&error](std::exception_ptr e) {
        if (e) error = e;
    };
    asio::co_spawn(loop, count<Style>(counted, t), ended);
    for (std::size_t worker = 0; worker < t.load.width; ++worker)
        asio::co_spawn(loop, work<Style>(counted, worked, pool ? &*pool : nullptr, t.load, workers), ended);
    asio::co_spawn(loop, add<Style>(worked, t), ended);
    loop.run();
    if (error) std::rethrow_exception(error);
}

}  // namespace

void asio_awaited(turn& t) { run<style::awaited>(t); }
void asio_try_first(turn& t) { run<style::try_first>(t); }

}  // namespace reelpipe::bench
