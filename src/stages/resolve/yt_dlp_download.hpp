#ifndef REELPIPE_STAGES_RESOLVE_YT_DLP_DOWNLOAD_HPP
#define REELPIPE_STAGES_RESOLVE_YT_DLP_DOWNLOAD_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>

#include "reelpipe/media_source.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe::resolve {

struct download_limits {
    std::uint64_t bytes = 2ull << 30;  // of the file; a piece that is fetched may stand beside it for a moment
    std::chrono::milliseconds time = std::chrono::hours(1);
    std::chrono::milliseconds stall = std::chrono::seconds(30);  // between two answers of a host
    std::uint64_t bytes_per_second = 0;                          // 0: no limit
};

// Has yt-dlp download the file as it is to `to`, a new name in a folder where it may leave other files, too. It works
// in a process of its own, which is killed and reaped when the call ends, is cancelled or passes its time.
//
// Throws source_error (too_large: the limit on bytes; no_direct_url: that on time), std::system_error (disk full).
asio::awaitable<void> download_file(yt_dlp_options, yt_dlp_file, std::filesystem::path to, download_limits);

}  // namespace reelpipe::resolve

#endif
