#ifndef REELPIPE_PIPELINE_ARCHIVE_FEED_HPP
#define REELPIPE_PIPELINE_ARCHIVE_FEED_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <utility>

#include "pipeline/jobs.hpp"
#include "pipeline/list_feed.hpp"
#include "pipeline/outcome_recorder.hpp"
#include "reelpipe/pipeline.hpp"
#include "stages/fetch/disk_budget.hpp"
#include "stages/resolve/archives.hpp"

namespace reelpipe {

// The beginning of the flow where videos lie in archives: these say in which order videos come, and not the list. Each
// member that the list wants is unpacked into a temporary file without a name, within the disk budget, and sent on with
// its clips. What is left of the list in the end follows, without a file.
//
// Threads: the loop's. Each argument outlives this.
class archive_feed {
public:
    // `budget` may be none; `temporary` exists.
    archive_feed(list_feed& list, resolve::archives& from, outcome_recorder& outcomes,
                 std::shared_ptr<fetch::disk_budget> budget, std::filesystem::path temporary)
        : list_(list),
          archives_(from),
          outcomes_(outcomes),
          budget_(std::move(budget)),
          temporary_(std::move(temporary))
    {
    }

    // Decompresses on `pool`.
    asio::awaitable<void> feed(out<video_ptr> next, asio::any_io_executor pool);

private:
    video_ptr wanted_of_member();
    asio::awaitable<bool> unpack(video_ptr video, asio::any_io_executor pool);
    void tell_faults();

    list_feed& list_;
    resolve::archives& archives_;
    outcome_recorder& outcomes_;
    std::shared_ptr<fetch::disk_budget> budget_;
    std::filesystem::path temporary_;
};

}  // namespace reelpipe

#endif
