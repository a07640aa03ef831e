#include "reelpipe/inspect.hpp"

#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <exception>
#include <vector>

#include "media/error.hpp"
#include "media/segment_reader.hpp"
#include "media/span_plan.hpp"
#include "pipeline/diagnose.hpp"
#include "site/proxy.hpp"
#include "stages/fetch/fetcher.hpp"

namespace reelpipe {

namespace {

// The fetch stage leaves them as they are.
void add_local_files(inspection& seen, const fetch::fetched& got, const std::vector<segment>& wanted)
{
    if (!seen.container.empty()) return;
    for (const auto& file : got.files) {
        const media::span_plan plan = media::plan_spans(file->view(), wanted);
        if (seen.container.empty()) seen.container = plan.container;
        seen.index_bytes += plan.index_bytes;
        seen.span_bytes += plan.span_bytes;
    }
}

// True if a frame of the video is in the segment. For a segment behind the end, frames are read that are not in it.
bool has_video(const media::partial_file& video, const segment& wanted)
{
    media::demuxer input(video);
    media::segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    while (reader.next(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != input.video()->index || unref->pts == AV_NOPTS_VALUE) continue;
        const auto begin = av::to_microseconds(unref->pts, input.video()->time_base) - input.origin();
        const auto end = begin + av::to_microseconds(unref->duration, input.video()->time_base);
        if (end > wanted.start && begin < wanted.end) return true;
    }
    return false;
}

void check_end(const fetch::fetched& got, const std::vector<segment>& wanted)
{
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const fetch::fetched::clip& clip = got.clips.at(i);
        if (clip.error) std::rethrow_exception(clip.error);
        const segment in_file{wanted[i].start - clip.begins, wanted[i].end - clip.begins};
        if (!has_video(clip.files.front(), in_file))
            throw media::error(media::fault::beyond_end, "no frame of the video is in the segment");
    }
}

asio::awaitable<inspection> look_into(media_source source, std::vector<segment> wanted, std::filesystem::path folder)
{
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    asio::thread_pool planner(1);
    fetch::http_client http(loop);
    fetch::fetcher fetcher(http, planner.get_executor(), fetch::options{.folder = std::move(folder)});
    const fetch::fetched got = co_await fetcher.fetch(std::move(source), wanted);
    inspection seen{.container = got.container,
                    .size = got.size,
                    .index_bytes = got.index_bytes,
                    .span_bytes = got.span_bytes,
                    .fetched = got.counts.bytes,
                    .requests = got.counts.requests,
                    .rounds = got.counts.rounds};
    add_local_files(seen, got, wanted);
    check_end(got, wanted);
    co_return seen;
}

}  // namespace

asio::awaitable<inspection> inspect(media_source source, std::optional<segment> wanted, std::filesystem::path folder)
{
    for (const media_file& file : source.files)
        if (const remote_file* const remote = remote_part(file)) check_proxy(remote->proxy);
    std::vector<segment> segments;
    if (wanted) segments.push_back(*wanted);
    std::exception_ptr error;
    inspection seen;
    try {
        seen = co_await look_into(std::move(source), std::move(segments), std::move(folder));
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    if (error) {
        const diagnosis found = diagnose(error);
        if (found.why == reason::interrupted) std::rethrow_exception(error);
        throw inspect_error(found.why, found.message);
    }
    co_return seen;
}

}  // namespace reelpipe
