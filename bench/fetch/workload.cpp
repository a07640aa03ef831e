#include "fetch/workload.hpp"

#include <fmt/format.h>

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <chrono>
#include <mutex>

#include "fetch/frames.hpp"
#include "media/demuxer.hpp"
#include "support/process.hpp"
#include "support/sparse_copy.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// As the stream says: FFmpeg 7 tells the length of the whole only when it has read some packets.
std::chrono::microseconds length_of(const fs::path& video)
{
    const test::whole_file file(video);
    const media::demuxer input(file.file());
    const AVStream& stream = *input.video();
    if (stream.duration == AV_NOPTS_VALUE) return std::chrono::microseconds(input.context()->duration);
    return av::to_microseconds(stream.duration, stream.time_base);
}

std::string seconds(std::chrono::microseconds time) { return fmt::format("{}us", time.count()); }

}  // namespace

fs::path videos()
{
    static const fs::path made = [] {
        test::output_of({REELPIPE_MAKE_MEDIA, REELPIPE_TEST_MEDIA});
        return fs::path(REELPIPE_TEST_MEDIA);
    }();
    return made;
}

workload prepare(const shape& source, const network& net, std::size_t clips, std::chrono::seconds length)
{
    workload w{.source = source,
               .segments = {},
               .at_once = std::min<std::size_t>(clips, 8),
               .server = std::make_shared<slow_server>(videos(), net),
               .folder = std::make_shared<test::temp_folder>()};
    const fs::path video = videos() / source.video;
    const auto last = length_of(video) - length;
    for (std::size_t i = 0; i < clips; ++i) {
        // All over the video, on no round number
        const auto start = last * (2 * i + 1) / (2 * clips) + 123ms;
        w.segments.push_back({start, start + length});
        w.frames.push_back(frames_in(video, w.segments.back()));
        if (w.frames.back() == 0) throw wrong_result("a segment of the contest has no frames");
    }
    return w;
}

figures measured(const workload& w, const std::string& type, const std::function<void()>& work)
{
    const slow_server::counts before = w.server->served();
    const auto begun = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const slow_server::counts after = w.server->served();
    for (std::size_t i = 0; i < w.segments.size(); ++i) {
        const std::size_t shown = frames_of(w.clip(i, type));
        if (shown < w.frames[i])
            throw wrong_result(
                fmt::format("{}: clip {} has {} frames, the video has {} there", w.source.name, i, shown, w.frames[i]));
        fs::remove(w.clip(i, type));
    }
    const auto clips = static_cast<double>(w.segments.size());
    return {{"bytes", static_cast<double>(after.bytes - before.bytes) / clips},
            {"requests", static_cast<double>(after.requests - before.requests) / clips},
            {"clips_per_s", clips / took.count()}};
}

void run_for_each_clip(const workload& w, const std::function<std::vector<std::string>(std::size_t)>& command)
{
    std::mutex mutex;
    std::string failed;
    asio::thread_pool starters(w.at_once);
    for (std::size_t i = 0; i < w.segments.size(); ++i)
        asio::post(starters, [&, i] {
            const std::vector<std::string> words = command(i);
            const test::finished ended = test::run(words);
            const std::lock_guard lock(mutex);
            if (ended.status != 0) failed = words[0] + ": " + ended.err;
        });
    starters.join();
    if (!failed.empty()) throw wrong_result(failed);
}

segment for_ffmpeg(const workload& w, std::size_t i)
{
    return {std::max(w.segments[i].start - w.source.run_up, std::chrono::microseconds{}), w.segments[i].end};
}

std::vector<std::string> ffmpeg_copy(const std::vector<std::string>& inputs, segment wanted, const fs::path& clip)
{
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    for (const std::string& each : inputs) {
        for (const std::string& word : {std::string("-ss"), seconds(wanted.start), std::string("-t"),
                                        seconds(wanted.end - wanted.start), std::string("-i"), each})
            words.push_back(word);
    }
    for (const char* word : {"-c", "copy"}) words.emplace_back(word);
    words.push_back(clip);
    return words;
}

}  // namespace reelpipe::bench
