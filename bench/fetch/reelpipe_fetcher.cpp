// reelpipe's stages in this process: one thread fetches, a pool cuts without encoding.
#include <fcntl.h>
#include <unistd.h>

#include <asio.hpp>
#include <deque>

#include "fetch/workload.hpp"
#include "stages/cut/cut.hpp"
#include "stages/fetch/fetcher.hpp"

namespace reelpipe::bench {

namespace {

media_source source_of(const workload& w)
{
    media_source source;
    for (const std::string& each : w.source.files) {
        remote_file file{.url = w.server->url(each)};
        if (each.ends_with(".m3u8"))
            source.files.emplace_back(hls_playlist{std::move(file)});
        else
            source.files.emplace_back(std::move(file));
    }
    return source;
}

void cut_clip(const fetch::fetched::clip& of, segment wanted, std::size_t frames, const std::filesystem::path& path)
{
    if (of.error) std::rethrow_exception(of.error);
    cut::input video{.video = of.files.front()};
    if (of.files.size() > 1) video.audio = of.files[1];
    const int output = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const cut::result done = cut::make_clip(video, wanted, output, {.mode = cut::way::lossless});
    close(output);
    if (static_cast<std::size_t>(done.frames) != frames)
        throw wrong_result("a clip has " + std::to_string(done.frames) + " frames instead of " +
                           std::to_string(frames));
}

struct turn {
    explicit turn(const workload& of) : w(of)
    {
        for (std::size_t i = 0; i < w.segments.size(); ++i) left.push_back(i);
    }

    // One of those that are under way at once.
    asio::awaitable<void> work()
    {
        while (!left.empty()) {
            const std::size_t i = left.front();
            left.pop_front();
            media_source source = source_of(w);
            std::vector<segment> wanted(1, w.segments[i]);
            fetch::fetched got = co_await fetcher.fetch(std::move(source), std::move(wanted));
            needed += static_cast<double>(got.index_bytes + got.span_bytes);
            asio::post(cutters, [this, i, mine = std::move(got)] {
                try {
                    cut_clip(mine.clips.front(), w.segments[i], w.frames[i], w.clip(i, ".mp4"));
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    error = std::current_exception();
                }
            });
        }
    }

    void run()
    {
        for (std::size_t i = 0; i < w.at_once; ++i)
            asio::co_spawn(io, work(), [this](std::exception_ptr e) {
                const std::lock_guard lock(mutex);
                if (e) error = e;
            });
        io.run();
        cutters.join();
        planners.join();
        if (error) std::rethrow_exception(error);
    }

    const workload& w;
    asio::io_context io{1};
    asio::thread_pool planners{1}, cutters{1};
    fetch::http_client http{io.get_executor()};
    fetch::fetcher fetcher{http, planners.get_executor(), {.folder = w.folder->path()}};
    std::deque<std::size_t> left{};
    double needed = 0;  // bytes of indexes and spans
    std::mutex mutex;   // guards `error`
    std::exception_ptr error{};
};

}  // namespace

figures reelpipe_fetcher(const workload& w)
{
    double needed = 0;
    figures all = measured(w, ".mp4", [&] {
        turn mine(w);
        mine.run();
        needed = mine.needed / static_cast<double>(w.segments.size());
    });
    all["overhead"] = all.at("bytes") / needed;
    return all;
}

}  // namespace reelpipe::bench
