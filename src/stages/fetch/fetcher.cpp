#include "stages/fetch/fetcher.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "media/error.hpp"
#include "reelpipe/pipeline/offload.hpp"
#include "stages/fetch/clip_files.hpp"
#include "stages/fetch/fetch_ranges.hpp"
#include "stages/fetch/hls.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

constexpr std::uint64_t min_head = 4u << 10;
constexpr std::uint64_t max_head = 512u << 10;
// The boxes in front of an index and the header behind it.
constexpr std::uint64_t around_index = 4u << 10;

bool is_playlist(const media_file& file) { return std::holds_alternative<hls_playlist>(file); }
bool is_clips(const media_file& file) { return std::holds_alternative<local_clips>(file); }

// Opens the user's own files, and says where the others are.
void begin(held_video& video, const media_source& source)
{
    video.files.resize(source.files.size());
    for (std::size_t i = 0; i < source.files.size(); ++i) {
        held_video::file& file = video.files[i];
        if (const auto* remote = std::get_if<remote_file>(&source.files[i])) file.from = *remote;
        if (std::holds_alternative<yt_dlp_file>(source.files[i]) && !file.bytes)
            throw media::error(media::fault::unsupported, "a file that only yt-dlp can download");
        const auto* local = std::get_if<local_file>(&source.files[i]);
        if (!local || file.bytes) continue;
        file.bytes = sparse_file::of(local->path);
        file.is_local = true;
        if (file.bytes->size() == 0) throw not_media_error(local->path.string() + ": an empty file", "");
    }
}

// A video that failed may come back behind others; until then they need not wait for it.
class attempt {
public:
    explicit attempt(std::shared_ptr<disk_share> disk) : disk_(std::move(disk))
    {
        if (disk_) disk_->resume();
    }
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;
    ~attempt()
    {
        if (disk_) disk_->rest();
    }
    void succeeded() { disk_.reset(); }

private:
    std::shared_ptr<disk_share> disk_;
};

fetched material_of(const held_video& video, std::size_t clips)
{
    fetched all{.container = video.files.front().container, .counts = video.counts};
    fetched::clip each;
    for (const held_video::file& file : video.files) {
        all.files.push_back(file.bytes);
        all.size += file.bytes->size();
        all.held_bytes += file.bytes->held().bytes();
        all.index_bytes += file.index_bytes;
        all.span_bytes += file.span_bytes;
        each.files.push_back(file.bytes->view());
    }
    all.clips.assign(clips, each);
    return all;
}

}  // namespace

fetcher::fetcher(http_client& http, asio::any_io_executor planners, options options)
    : http_(http),
      hosts_(options.requests_per_second),
      planners_(std::move(planners)),
      options_(std::move(options)),
      head_(options_.head)
{
}

asio::awaitable<fetched> fetcher::fetch(media_source source, std::vector<segment> wanted)
{
    held_video held;
    fetched all = co_await fetch(held, std::move(source), std::move(wanted));
    co_return all;
}

asio::awaitable<fetched> fetcher::fetch(held_video& video, media_source source, std::vector<segment> wanted)
{
    if (options_.budget && !video.disk) video.disk = options_.budget->begin_video();
    attempt at_it(video.disk);
    fetched all = co_await bring_all(video, std::move(source), std::move(wanted));
    at_it.succeeded();
    co_return all;
}

asio::awaitable<fetched> fetcher::bring_all(held_video& video, media_source source, std::vector<segment> wanted)
{
    const transfer_context with{http_, hosts_, options_, video.counts, video.disk};
    if (std::ranges::all_of(source.files, is_playlist)) {
        if (!video.playlists) video.playlists = std::make_shared<held_playlists>();
        hls_fetch segments(with, planners_, *video.playlists);
        fetched all = co_await segments.fetch(std::move(source), std::move(wanted));
        co_return all;
    }
    if (std::ranges::any_of(source.files, is_playlist))
        throw media::error(media::fault::unsupported, "one stream is a playlist and the other is not");
    if (source.files.size() == 1 && is_clips(source.files.front())) {
        std::shared_ptr<sparse_file> held;
        if (!video.files.empty()) held = video.files.front().bytes;
        co_return clips_on_disk(std::get<local_clips>(source.files.front()), wanted, held);
    }
    if (std::ranges::any_of(source.files, is_clips))
        throw media::error(media::fault::unsupported, "clips that were made before have no second stream");

    begin(video, source);
    for (;;) {
        std::exception_ptr bad_media;
        missing_pieces next;
        try {
            next = co_await plan(video, wanted);
        } catch (const media::error&) {
            bad_media = std::current_exception();
        }
        if (bad_media) {
            for (held_video::file& file : video.files)
                if (file.is_doubtful()) throw file.doubt();
            std::rethrow_exception(bad_media);
        }
        if (next.pieces.empty()) break;
        ++video.counts.rounds;
        co_await fetch_ranges(with, std::move(next.pieces));
        if (next.are_the_last) break;
    }
    co_await check_ends(video, wanted);
    tell_of_whole(video);
    co_return material_of(video, wanted.size());
}

// The pieces to ask for next; for a file of which nothing is known, its head. None if nothing is missing any more.
asio::awaitable<fetcher::missing_pieces> fetcher::plan(held_video& video, const std::vector<segment>& wanted)
{
    missing_pieces found{.are_the_last = true};
    for (std::size_t i = 0; i < video.files.size(); ++i) {
        held_video::file& file = video.files[i];
        if (file.is_local) continue;  // looked into when it is cut
        if (!file.extent()) {
            found.pieces.push_back({&file, {0, head_}});
            found.are_the_last = false;
            continue;
        }
        const media::partial_file view = file.bytes->view();
        const media::stream_selection kind =
            i == 0 ? media::stream_selection::audio_and_video : media::stream_selection::audio_only;
        auto look = [this, &view, &wanted, kind] { return options_.looks.plan(view, wanted, kind); };
        const media::span_plan next = co_await reelpipe::offload(planners_, look);
        file.index_bytes = next.index_bytes;
        file.span_bytes = next.span_bytes;
        file.container = next.container;
        const std::vector<media::byte_range>& held = file.bytes->held().ranges();
        if (held.size() == 1) learn_head(held.front(), next.needed, next.index_known ? next.index_bytes : 0);
        for (const media::byte_range& range : next.needed) found.pieces.push_back({&file, range});
        found.are_the_last = found.are_the_last && next.complete;
    }
    co_return found;
}

// A file that ends too early looks like a video that does. Of one whose end is doubtful, the segments must not ask for
// the byte behind it.
asio::awaitable<void> fetcher::check_ends(held_video& video, const std::vector<segment>& wanted)
{
    for (std::size_t i = 0; i < video.files.size(); ++i) {
        held_video::file& file = video.files[i];
        if (!file.is_doubtful()) continue;
        media::partial_file view = file.bytes->view();
        ++view.size;
        const media::stream_selection kind =
            i == 0 ? media::stream_selection::audio_and_video : media::stream_selection::audio_only;
        auto look = [this, &view, &wanted, kind] { return options_.looks.plan(view, wanted, kind); };
        bool asks_for_more = true;
        try {
            const media::span_plan beyond = co_await reelpipe::offload(planners_, look);
            asks_for_more = !beyond.needed.empty();
        } catch (const media::error&) {
        }
        if (asks_for_more) throw file.doubt();
    }
}

void fetcher::tell_of_whole(const held_video& video)
{
    for (const held_video::file& file : video.files) {
        if (file.takes_ranges || !options_.on_whole_videos) continue;
        const std::string host = host_of(file.from.url);
        if (told_.insert(host).second)
            options_.on_whole_videos(host, file.bytes->held().bytes(), file.index_bytes + file.span_bytes);
    }
}

// Learns from a first plan how much of the head was index. The size falls at once and rises slowly: a head that is too
// small costs a round trip now and then, and one that is too large costs bytes of every video.
void fetcher::learn_head(media::byte_range head, const std::vector<media::byte_range>& needed,
                         std::uint64_t index_bytes)
{
    if (head.begin != 0 || head.end > max_head) return;
    std::uint64_t index_end = min_head;
    if (index_bytes > 0)
        index_end = index_bytes + around_index;
    else if (!needed.empty() && needed.front().begin == head.end)
        index_end = needed.front().end;
    index_end = std::clamp(index_end, min_head, max_head);
    if (index_end < head_)
        head_ = index_end;
    else
        head_ += (index_end - head_) / 8;
}

}  // namespace reelpipe::fetch
