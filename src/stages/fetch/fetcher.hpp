#ifndef REELPIPE_STAGES_FETCH_FETCHER_HPP
#define REELPIPE_STAGES_FETCH_FETCHER_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <reelpipe/clip.hpp>
#include <reelpipe/media_source.hpp>
#include <vector>

#include "stages/fetch/http_client.hpp"
#include "stages/fetch/sparse_file.hpp"

namespace reelpipe::fetch {

struct fetch_options {
    std::filesystem::path folder{};           // of the temporary files; must exist
    std::uint64_t head = 4u << 10;            // first guess of how many bytes show where the index is
    std::uint64_t whole_limit = 2ull << 30;   // bytes read of a body whose server ignores ranges
    std::uint64_t video_limit = 16ull << 30;  // bytes of one file of a video
    unsigned parallel = 4;                    // requests of one video at once
    unsigned retries = 3;                     // in a row without a new byte, before the error is the caller's
    std::chrono::milliseconds retry_pause{200};
};

// What fetching has cost so far.
struct fetch_counts {
    std::uint64_t bytes = 0;  // of bodies
    std::uint64_t requests = 0;
    std::uint64_t rounds = 0;  // of requests that had to wait for the answers before them
};

// What is held of the files of one video. It belongs to the caller and survives a fetch that throws, so that the next
// one, with a newly resolved URL or for more segments, goes on where it ended.
struct held_video {
    struct file {
        std::shared_ptr<sparse_file> bytes{};
        file_identity identity{};
        bool takes_ranges = true;
        std::uint64_t index_bytes = 0;  // of the last plan
        std::uint64_t span_bytes = 0;
        std::string container{};
    };

    std::vector<file> files{};
    fetch_counts counts{};
};

// Index and spans of the wanted segments, ready to be cut: one entry for each file of the source.
struct fetched {
    std::vector<std::shared_ptr<const sparse_file>> files{};
    std::string container{};        // of the first one, as people call it
    std::uint64_t size = 0;         // of the whole files
    std::uint64_t held_bytes = 0;   // on disk, or in the user's file
    std::uint64_t index_bytes = 0;  // 0 for local files: they are not looked into
    std::uint64_t span_bytes = 0;
    fetch_counts counts{};
};

// Fetches from a video no more than cutting its segments needs: the head, then what the planner names next, until it
// names nothing. Learns from each video how large the next one's head may be.
// Threads: as the client's; planning runs on `planners`.
class fetcher {
public:
    fetcher(http_client&, asio::any_io_executor planners, fetch_options);

    // Throws transfer_error, std::system_error (disk, local file), media errors when the bytes are no film,
    // operation_aborted. After changed_error what was held of the changed file is gone: the next call begins anew.
    asio::awaitable<fetched> fetch(held_video&, media_source, std::vector<segment>);

    // The same for those who will not come back.
    asio::awaitable<fetched> fetch(media_source, std::vector<segment>);

private:
    struct piece {
        std::size_t file;
        media::byte_range range;
    };
    class writer;

    void open_local_files(held_video&, const media_source&) const;
    asio::awaitable<std::vector<piece>> plan(held_video&, const std::vector<segment>&);
    asio::awaitable<void> bring(held_video&, const media_source&, const std::vector<piece>&);
    asio::awaitable<std::exception_ptr> bring_once(held_video&, const media_source&, std::vector<piece>);
    void check_limits(const held_video&, const media_source&, const std::vector<piece>&) const;
    void learn_head(media::byte_range head, const std::vector<media::byte_range>& needed, std::uint64_t index_bytes);

    http_client& http_;
    asio::any_io_executor planners_;
    fetch_options options_;
    std::uint64_t head_;
};

}  // namespace reelpipe::fetch

#endif
