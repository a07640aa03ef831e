#include "pipeline/ledger_commits.hpp"

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "ledger/ledger.hpp"

namespace reelpipe {

asio::awaitable<void> ledger_commits::run()
{
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::error_code ignored;
    bool told = false;
    while (!stopped_) {
        tick_.expires_after(ledger::commit_interval);
        co_await tick_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        on_tick_();
        outcomes_.commit(false);
        if (!outcomes_.ledger_error() || told) continue;
        told = true;
        on_error_();
    }
}

void ledger_commits::stop()
{
    stopped_ = true;
    tick_.cancel();
}

}  // namespace reelpipe
