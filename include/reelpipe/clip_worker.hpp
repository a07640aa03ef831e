#ifndef REELPIPE_CLIP_WORKER_HPP
#define REELPIPE_CLIP_WORKER_HPP

namespace reelpipe {

// The descriptor that a worker is started with.
inline constexpr int clip_worker_socket = 3;

// The whole life of a process that reads videos, and cuts and verifies clips, for another one, which started it because
// of download_options::worker: it gives up every right that the work does not take, does the jobs that come over
// clip_worker_socket, and returns when the other end is gone. The value is the process's exit status.
//
// A program that embeds the downloader calls it first thing in main(), before there are threads, when it was started
// with the one word "clip-worker".
int run_clip_worker() noexcept;

}  // namespace reelpipe

#endif
