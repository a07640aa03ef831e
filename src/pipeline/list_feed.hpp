#ifndef REELPIPE_PIPELINE_LIST_FEED_HPP
#define REELPIPE_PIPELINE_LIST_FEED_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/work_left.hpp"
#include "ledger/work_list.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/outcome_recorder.hpp"
#include "reelpipe/pipeline.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

// The beginning of the flow: takes the list's clips in the order of their videos, enters those whose outcome is known
// and still holds, and sends on a video with each group of others.
//
// Threads: the loop's; listed() from anywhere. The list, the accounts and the format outlive this.
class list_feed {
public:
    // `with_index`: a clip without a frame index is not settled. `shares`: what earlier runs have stored under another
    // label may have a further name, as it was made with the options of this one.
    list_feed(work_list& wanted, outcome_recorder& outcomes, const store::trim_format& trim,
              std::filesystem::path folder, retry_rule again, bool with_index, bool shares)
        : wanted_(wanted),
          outcomes_(outcomes),
          trim_(trim),
          folder_(std::move(folder)),
          again_(std::move(again)),
          with_index_(with_index),
          shares_(shares)
    {
    }

    // Looks names up on `pool` while the next rows are read. After enter_settled() this is for the clips that are left.
    // `between` is called after each video, and may send on others.
    using interlude = std::function<asio::awaitable<void>(out<video_ptr>&)>;
    asio::awaitable<void> feed(out<video_ptr> next, asio::any_io_executor pool, interlude between = {});

    // For a source that says itself in which order videos come: enters the clips whose outcome is known, and counts the
    // others.
    asio::awaitable<void> enter_settled(asio::any_io_executor pool);
    std::uint64_t left() const { return left_count_; }

    // A video with those of its clips that are left, or that are left within a segment; null if there are none.
    video_ptr left_of(const std::string& video, const std::optional<segment>& within);
    // Its clips are left no more.
    void take_out(const video_job&);

    // Clips that were entered or sent on.
    std::uint64_t listed() const { return listed_; }

private:
    // A clip of the list, and what the disk says of it.
    struct listed_clip {
        wanted_clip wanted{};
        std::string name{};    // in the output folder
        bool settled = false;  // the ledger knows its outcome, and it still holds
    };
    asio::awaitable<std::vector<wanted_clip>> page_after(const wanted_clip& last);
    std::vector<listed_clip> look_up(std::vector<wanted_clip> page) const;
    bool is_settled(const wanted_clip&, const std::string& name, const store::signature_reader&) const;
    clip_task task_of(listed_clip) const;
    std::optional<stored_file> under_another_label(const clip_task&);
    void enter(const listed_clip& settled);
    bool is_left(std::uint64_t row) const { return left_.empty() || left_[row]; }

    work_list& wanted_;
    outcome_recorder& outcomes_;
    const store::trim_format& trim_;
    std::filesystem::path folder_;
    retry_rule again_;
    bool with_index_;
    bool shares_;
    std::atomic<std::uint64_t> listed_{0};
    std::vector<bool> left_;  // by row; empty: nothing was entered yet
    std::uint64_t left_count_ = 0;
};

}  // namespace reelpipe

#endif
