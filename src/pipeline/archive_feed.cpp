#include "pipeline/archive_feed.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>

#include "stages/fetch/errors.hpp"
#include "stages/fetch/sparse_file.hpp"

namespace reelpipe {

namespace {

constexpr std::uint64_t max_member = 16ull << 30;

// The member as the source of the video. Its bytes are held already, so that nobody opens a file of that name.
void give_source(video_job& video, const std::string& name, const std::optional<segment>& holds,
                 std::shared_ptr<fetch::sparse_file> bytes)
{
    if (holds) {
        local_clips clips;
        clips.files.push_back({name, *holds});
        video.source.files.emplace_back(std::move(clips));
    } else {
        video.source.files.emplace_back(local_file{name});
    }
    fetch::held_video::file& file = video.held.files.emplace_back();
    file.bytes = std::move(bytes);
    file.is_local = true;
}

}  // namespace

asio::awaitable<void> archive_feed::feed(out<video_ptr> next, asio::any_io_executor pool)
{
    using enum resolve::archive_reader::place;
    co_await list_.enter_settled(pool);
    while (list_.left() > 0) {
        auto look = [this] { return archives_.advance(); };
        const resolve::archive_reader::place at = co_await offload(pool, std::move(look));
        tell_faults();
        if (at == end) break;
        if (at == between) continue;
        video_ptr video = wanted_of_member();
        if (!video) continue;
        if (archives_.is_link()) {
            archives_.want_target_of_link();
            continue;
        }
        const bool is_whole = co_await unpack(video, pool);
        tell_faults();
        if (!is_whole) continue;
        list_.take_out(*video);
        co_await next.send(std::move(video));
    }
    co_await list_.feed(std::move(next), std::move(pool));
}

video_ptr archive_feed::wanted_of_member()
{
    for (const resolve::archives::meaning& each : archives_.meanings()) {
        video_ptr video = list_.left_of(each.video, each.holds);
        if (video) return video;
    }
    return nullptr;
}

// False: the archive is damaged there, which says nothing of the video.
asio::awaitable<bool> archive_feed::unpack(video_ptr video, asio::any_io_executor pool)
{
    const std::string name = archives_.name();
    std::optional<segment> holds;
    for (const resolve::archives::meaning& each : archives_.meanings())
        if (each.video == video->id) holds = each.holds;
    if (budget_) video->held.disk = budget_->begin_video();
    std::shared_ptr<fetch::sparse_file> bytes;
    std::uint64_t size = 0;
    for (;;) {
        auto read = [this] { return archives_.read(); };
        const std::optional<std::span<const std::byte>> piece = co_await offload(pool, std::move(read));
        if (!piece) co_return false;
        fetch::disk_room room;
        if (video->held.disk && !piece->empty()) room = co_await video->held.disk->room_for(piece->size());
        try {
            if (!bytes) bytes = fetch::sparse_file::in(temporary_, video->held.disk);
            if (size + piece->size() > max_member)
                throw fetch::too_large_error(name + ": a member of more than 16 GiB", "");
            bytes->write(size, *piece);
            room.spend(piece->size());
            size += piece->size();
            if (piece->empty()) bytes->resize(size);
            if (piece->empty() && size == 0) throw fetch::not_media_error(name + ": an empty file", "");
        } catch (const std::exception&) {
            video->source_failure = std::current_exception();
        }
        if (video->source_failure) co_return true;
        if (piece->empty()) break;
    }
    give_source(*video, name, holds, std::move(bytes));
    co_return true;
}

void archive_feed::tell_faults()
{
    for (const std::string& each : archives_.new_faults())
        outcomes_.say(severity::warning, each + "; what it may hold besides stays pending");
}

}  // namespace reelpipe
