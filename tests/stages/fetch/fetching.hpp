#ifndef REELPIPE_TESTS_STAGES_FETCH_FETCHING_HPP
#define REELPIPE_TESTS_STAGES_FETCH_FETCHING_HPP

#include <asio.hpp>
#include <set>
#include <string>
#include <vector>

#include "media/demuxer.hpp"
#include "media/segment_reader.hpp"
#include "media/span_plan.hpp"
#include "stages/fetch/fetcher.hpp"
#include "support/run_awaitable.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

inline segment seconds(double start, double end)
{
    const auto exact = [](double s) { return std::chrono::microseconds(static_cast<std::int64_t>(s * 1e6)); };
    return {exact(start), exact(end)};
}

// A fetcher with all that it needs.
struct fetching {
    explicit fetching(fetch::options options = {}, fetch::http_options http_options = {})
        : http(io.get_executor(), std::move(http_options)), fetcher(http, pool.get_executor(), in_folder(options))
    {
    }
    ~fetching() { pool.join(); }

    fetch::fetched fetch(const media_source& source, const std::vector<segment>& wanted)
    {
        return run_awaitable(io, fetcher.fetch(source, wanted));
    }
    fetch::fetched fetch(fetch::held_video& held, const media_source& source, const std::vector<segment>& wanted)
    {
        return run_awaitable(io, fetcher.fetch(held, source, wanted));
    }
    fetch::fetched fetch(const std::string& url, const std::vector<segment>& wanted)
    {
        return fetch({{remote_file{.url = url}}}, wanted);
    }

    temp_folder folder;
    asio::io_context io{1};
    asio::thread_pool pool{1};
    fetch::http_client http;
    fetch::fetcher fetcher;

private:
    fetch::options in_folder(fetch::options options)
    {
        options.folder = folder.path();
        options.retry_pause = std::chrono::milliseconds(0);
        return options;
    }
};

// Whether what is held are the original's bytes, and enough of them to cut the segments.
inline bool can_be_cut(const fetch::sparse_file& file, const std::string& original, const std::vector<segment>& wanted,
                       media::stream_selection kind = media::stream_selection::audio_and_video)
{
    for (const media::byte_range& range : file.held().ranges()) {
        std::string bytes(range.size(), '\0');
        const ssize_t got = pread(file.view().descriptor, bytes.data(), bytes.size(), static_cast<off_t>(range.begin));
        if (got != static_cast<ssize_t>(bytes.size()) || bytes != original.substr(range.begin, range.size()))
            return false;
    }
    const media::span_plan plan = media::plan_spans(file.view(), wanted, kind);
    return file.size() == original.size() && plan.index_known && plan.needed.empty() && plan.span_bytes > 0;
}

// When the frames of a segment are shown, from the clip's 0 on, in milliseconds.
inline std::set<std::int64_t> frames_in(const media::partial_file& file, segment wanted)
{
    media::demuxer input(file);
    media::segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    std::set<std::int64_t> times;
    while (reader.next(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != input.video()->index) continue;
        const auto time = av::to_microseconds(unref->pts, input.video()->time_base) - input.origin() - wanted.start;
        if (time >= -std::chrono::milliseconds(1) && time < wanted.end - wanted.start - std::chrono::milliseconds(1))
            times.insert(std::chrono::round<std::chrono::milliseconds>(time).count());
    }
    return times;
}

inline media_source playlist_at(std::string url) { return {{hls_playlist{{.url = std::move(url)}}}}; }

inline std::string video(const std::string& name) { return read_file(std::string(REELPIPE_TEST_MEDIA "/") + name); }

}  // namespace reelpipe::test

#endif
