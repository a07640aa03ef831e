#ifndef REELPIPE_STAGES_FETCH_FETCHER_HPP
#define REELPIPE_STAGES_FETCH_FETCHER_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "reelpipe/clip.hpp"
#include "reelpipe/media_source.hpp"
#include "stages/fetch/fetch_ranges.hpp"
#include "stages/fetch/held_file.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/options.hpp"
#include "stages/fetch/sparse_file.hpp"

namespace reelpipe::fetch {

struct held_playlists;

// The bytes that are held of one video's files. They belong to the caller and survive a fetch that throws, so that the
// next one, with a newly resolved URL or for more segments, goes on where it ended.
struct held_video {
    struct file : held_file {
        bool is_local = false;
        std::uint64_t index_bytes = 0;  // of the last plan
        std::uint64_t span_bytes = 0;
        std::string container{};
    };

    std::vector<file> files{};  // one for each file of the source
    std::shared_ptr<held_playlists> playlists{};
    std::shared_ptr<disk_share> disk{};
    fetch_counts counts{};
};

// Index and spans of the wanted segments, ready to be cut.
struct fetched {
    // The sources of one clip: a view for each file of the video. If the clip cannot be had, although the rest of the
    // video can, the error says why.
    struct clip {
        std::vector<media::partial_file> files{};
        std::exception_ptr error{};
        std::chrono::microseconds begins{};  // when the files begin, in the time of the video
        bool is_made = false;                // the file is an MP4 file of the segment and nothing else
    };

    std::vector<clip> clips{};                                // in the order of the wanted segments
    std::vector<std::shared_ptr<const sparse_file>> files{};  // own the views' descriptors
    std::string container{};                                  // of the first one, as people call it
    std::uint64_t size = 0;                                   // of the whole files; 0 for playlists: nobody says
    std::uint64_t held_bytes = 0;                             // on disk, or in the user's file
    std::uint64_t index_bytes = 0;                            // 0 for local files: they are not looked into
    std::uint64_t span_bytes = 0;
    fetch_counts counts{};
};

// Fetches from a video no more than cutting its segments needs: of a file the head, then what the planner names next,
// until it names nothing; of a playlist the segments that a clip overlaps. Learns from each video how large the next
// one's head may be.
// Threads: as the client's; planning runs on `planners`.
class fetcher {
public:
    fetcher(http_client&, asio::any_io_executor planners, options);

    // Throws transfer_error, playlist_error, std::system_error (disk, local file), media errors when the bytes are no
    // video, operation_aborted. After changed_error what was held of the changed file is gone: the next call begins
    // anew.
    asio::awaitable<fetched> fetch(held_video&, media_source, std::vector<segment>);

    // The same for those who will not come back.
    asio::awaitable<fetched> fetch(media_source, std::vector<segment>);

private:
    struct missing_pieces {
        std::vector<file_range> pieces{};
        bool are_the_last = false;  // nothing will be missing once these are there
    };

    asio::awaitable<fetched> bring_all(held_video&, media_source, std::vector<segment>);
    asio::awaitable<missing_pieces> plan(held_video&, const std::vector<segment>&);
    asio::awaitable<void> check_ends(held_video&, const std::vector<segment>&);
    void tell_of_whole(const held_video&);
    void learn_head(media::byte_range head, const std::vector<media::byte_range>& needed, std::uint64_t index_bytes);

    http_client& http_;
    host_limits hosts_;
    asio::any_io_executor planners_;
    options options_;
    std::uint64_t head_;
    std::set<std::string> told_;  // hosts that ignore ranges
};

}  // namespace reelpipe::fetch

#endif
