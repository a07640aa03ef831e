#ifndef REELPIPE_STAGES_FETCH_HLS_HPP
#define REELPIPE_STAGES_FETCH_HLS_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stages/fetch/fetcher.hpp"
#include "stages/fetch/media_probe.hpp"
#include "stages/fetch/playlist.hpp"
#include "stages/fetch/segment_times.hpp"

namespace reelpipe::fetch {

// The held part of one stream of playlist segments.
struct held_stream {
    remote_file from{};
    media_playlist list{};
    std::map<std::size_t, held_file> segments{};  // by their number in the list
    std::map<std::size_t, held_file> headers{};
    segment_times times{};
    std::map<std::size_t, std::uint64_t> heads{};  // by timeline: how much of its first segment shows when it begins
};

// The held part of a video whose files are playlists: one stream with everything, or one with the video and one with
// the audio. All of it lies in one temporary file, each playlist segment at a place of its own.
struct held_playlists {
    std::vector<std::string> urls{};  // of the playlists that the streams were read from
    std::uint64_t text_bytes = 0;
    std::vector<held_stream> streams{};
    std::shared_ptr<sparse_file> store{};
    std::uint64_t next_place = 0;
};

// One fetch of a video whose files are playlists. libav never sees a playlist: what it reads is a file that is put
// together out of the segments of a clip. The playlist's 0 is where the frames of its first segment begin.
class hls_fetch {
public:
    hls_fetch(transfer_context, const asio::any_io_executor& planners, held_playlists&);

    // As fetcher::fetch().
    asio::awaitable<fetched> fetch(media_source, std::vector<segment>);

private:
    // The segments of one stream that a clip takes.
    struct part {
        segment_run run{};
        bool is_complete = false;
        segment_run_info seen{};
        bool asked_before = false, asked_behind = false;  // for a neighbour that may have the rest of the audio
        unsigned looks = 0;
        media::partial_file view{};
    };
    struct clip {
        segment wanted{};
        std::vector<part> parts{};  // one for each stream
        std::exception_ptr error{};
    };

    asio::awaitable<void> read_playlists(const media_source&);
    void adopt(std::vector<held_stream>);
    held_file& resource(held_stream&, std::map<std::size_t, held_file>&, std::size_t number, const hls_resource&);
    std::vector<file_range> missing(const std::vector<clip>&);
    std::vector<clip> first_guesses(const std::vector<segment>& wanted) const;
    asio::awaitable<void> complete(std::vector<clip>& clips);
    std::optional<network_error> doubt_segments();
    asio::awaitable<void> look_at(clip&);
    // `i`: of a stream; `number`: of a segment in its playlist.
    asio::awaitable<void> look_at_head(std::size_t i, std::size_t number);
    asio::awaitable<segment_run_info> look(media::partial_file view, std::optional<playlist_clock>, segment wanted,
                                           media::stream_selection) const;
    asio::awaitable<void> look_at_run_of(clip&, std::size_t i);
    std::optional<playlist_clock> clock_of(const part&, std::size_t i) const;
    static bool extend(held_stream&, media::stream_selection, const segment& wanted, part&);
    static bool extend_for_audio(const std::vector<hls_segment>&, part&);
    media::partial_file view_of(const held_stream&, segment_run) const;
    media::partial_file head_view_of(const held_stream&, std::size_t segment, std::uint64_t bytes) const;
    fetched fetched_of(const std::vector<clip>&) const;

    transfer_context with_;
    asio::any_io_executor planners_;
    held_playlists& held_;
};

}  // namespace reelpipe::fetch

#endif
