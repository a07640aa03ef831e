#ifndef REELPIPE_ISOLATION_CLIP_WORKERS_HPP
#define REELPIPE_ISOLATION_CLIP_WORKERS_HPP

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <vector>

#include "isolation/memory_turns.hpp"
#include "isolation/messages.hpp"
#include "threads/mutex.hpp"

namespace reelpipe {

// No process can be started or talked to: nothing is known of the clip.
struct worker_unavailable : std::system_error {
    using std::system_error::system_error;
};

// The system or somebody else ended the process that worked on a video, or there was too little memory for it on this
// machine: nothing is known of the video.
struct worker_killed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Does what cut and verify do, and what libav has to say of videos that are being fetched, in processes of its own, so
// that a crash, an endless loop or a bomb of memory in a demuxer or decoder costs one clip or video. A process is
// started when a job finds none idle and lives until the owner goes: never one a clip, and no more of them than there
// are calls at a time. Work on a video whose process has died begins again in a fresh one: if somebody killed it, with
// no other at work beside it. An answer that cannot be true is as good as a death. Where memory is short, fewer work
// at a time. Threads: any number at a time; every call
// blocks until its job is done.
class clip_workers {
public:
    // `program` is started with the word "clip-worker" and has to call run_clip_worker(). A job that takes longer than
    // `deadline` costs its worker the life.
    clip_workers(std::filesystem::path program, std::chrono::seconds deadline);
    clip_workers(const clip_workers&) = delete;
    clip_workers& operator=(const clip_workers&) = delete;
    ~clip_workers();

    // Starts a process and waits until it is in its sandbox. Throws worker_unavailable, which says what this machine
    // does not allow.
    void try_to_start();

    // As cut::make_clip(), verify::check() and verify::check_file(), and what they throw; besides, media::process_died,
    // worker_killed and worker_unavailable. A stop request ends the worker and throws std::errc::operation_canceled.
    cut::result cut(const cut::input&, segment wanted, int output, const cut::options&, std::stop_token);
    verify::facts verify(int clip, const verify::expectation&, std::stop_token);
    verify::facts verify_file(const std::filesystem::path&, const verify::expectation&, std::stop_token);

    // The same of verify::survey().
    verify::facts survey(int file, bool decodable, std::stop_token);

    // The same of media::plan_spans() and fetch::probe_segment_run().
    media::span_plan plan(const media::partial_file&, const std::vector<segment>&, media::stream_selection,
                          std::stop_token);
    fetch::segment_run_info probe_segment_run(const media::partial_file&, const std::optional<fetch::playlist_clock>&,
                                              const segment& wanted, media::stream_selection, std::stop_token);

    // cut::take_still() of a stored clip.
    cut::still still(int clip, std::chrono::microseconds at, int short_side, std::stop_token);

    // media::hash_clip() of a stored clip.
    media::clip_hashes hash_file(const std::filesystem::path&, std::stop_token);

private:
    class worker;
    struct question;

    template <class Job>
    auto call(const Job&, const std::vector<int>& descriptors, const std::stop_token&, int output = -1);
    std::unique_ptr<worker> start(const std::stop_token&, bool is_second = false) const;
    std::unique_ptr<worker> take(const std::stop_token&);
    void give_back(std::unique_ptr<worker>);
    void answer(const question&, const std::stop_token&);
    void ask(worker&, const question&, const std::stop_token&) const;
    nlohmann::json hear(worker&, const question&, const std::stop_token&) const;

    std::filesystem::path program_;
    std::chrono::seconds deadline_;
    memory_turns turns_;
    mutex mutex_;
    std::vector<std::unique_ptr<worker>> idle_ REELPIPE_GUARDED_BY(mutex_);
};

}  // namespace reelpipe

#endif
