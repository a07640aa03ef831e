#ifndef REELPIPE_STAGES_FETCH_OPTIONS_HPP
#define REELPIPE_STAGES_FETCH_OPTIONS_HPP

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "stages/fetch/disk_budget.hpp"
#include "stages/fetch/media_probe.hpp"

namespace reelpipe::fetch {

struct options {
    std::filesystem::path folder{};           // of the temporary files; must exist
    std::uint64_t head = 4u << 10;            // first guess of how many bytes show where the index is
    std::uint64_t whole_limit = 2ull << 30;   // bytes read of a body whose server ignores ranges
    std::uint64_t video_limit = 16ull << 30;  // bytes of one file of a video
    unsigned parallel = 4;                    // requests of one video at once
    double requests_per_second = 0;           // to one host; 0: as many as it grants
    unsigned retries = 3;                     // in a row without a new byte, before the error is the caller's
    std::chrono::milliseconds retry_pause{200};
    std::shared_ptr<disk_budget> budget{};  // of the temporary files; none: no limit
    int max_height = 0;                     // of the variant that is taken of an HLS master playlist; 0: any
    media_probe looks{};
    // Called once for a host that ignores ranges, after its first video: bytes of it that came, and that were needed.
    std::function<void(const std::string& host, std::uint64_t came, std::uint64_t needed)> on_whole_videos{};
};

// The cost of fetching so far.
struct fetch_counts {
    std::uint64_t bytes = 0;  // of bodies
    std::uint64_t requests = 0;
    std::uint64_t rounds = 0;  // of requests that had to wait for the answers before them
};

}  // namespace reelpipe::fetch

#endif
