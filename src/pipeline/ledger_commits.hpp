#ifndef REELPIPE_PIPELINE_LEDGER_COMMITS_HPP
#define REELPIPE_PIPELINE_LEDGER_COMMITS_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <utility>

#include "pipeline/outcome_recorder.hpp"

namespace reelpipe {

// Commits outcomes that are due when no further one comes, so that a crash costs no more than a second of them. Also
// the run's tick for others. Threads: the loop's.
class ledger_commits {
public:
    // `on_tick` is called each time; `on_error` once, when the ledger can no longer be written.
    ledger_commits(const asio::any_io_executor& loop, outcome_recorder& outcomes, std::function<void()> on_tick,
                   std::function<void()> on_error)
        : outcomes_(outcomes), on_tick_(std::move(on_tick)), on_error_(std::move(on_error)), tick_(loop)
    {
    }

    // Goes on until stop(); cancellation does not end it, as the stages that it serves are cancelled first.
    asio::awaitable<void> run();
    void stop();

private:
    outcome_recorder& outcomes_;
    std::function<void()> on_tick_, on_error_;
    asio::steady_timer tick_;
    bool stopped_ = false;
};

}  // namespace reelpipe

#endif
