#ifndef REELPIPE_PIPELINE_SECOND_REQUESTS_HPP
#define REELPIPE_PIPELINE_SECOND_REQUESTS_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

#include "ledger/ledger.hpp"
#include "pipeline/failure_policy.hpp"
#include "pipeline/video_stages.hpp"
#include "reelpipe/pipeline.hpp"

namespace reelpipe {

// Sends videos that hosts refused through the pipeline once more: some while the list is fed, the rest at its end.
// Threads: the loop's. Each argument outlives this.
class second_requests {
public:
    second_requests(failure_policy& policy, ledger& remembered) : policy_(policy), ledger_(remembered) {}

    // Between two videos of the list: asks hosts in doubt, and sends on the videos that are ready.
    asio::awaitable<void> send_ready(out<video_ptr>& next, video_stages& asking);

    // At the end of the list: takes all that are left, and says how many.
    std::size_t take_rest();
    asio::awaitable<void> feed_rest(out<video_ptr> next);

    // Asks hosts that have refused so many videos in a row, and of which nothing is believed, for one that they served.
    // Those that do not answer in time are left in doubt, and so are all when the run is to end.
    asio::awaitable<void> settle_doubts(video_stages& asking, std::size_t in_a_row);

private:
    asio::awaitable<void> until_ending(std::chrono::seconds longest);

    failure_policy& policy_;
    ledger& ledger_;
    std::vector<host_refusals::second_request> rest_{};
};

}  // namespace reelpipe

#endif
