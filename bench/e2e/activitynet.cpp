// The way of the ActivityNet crawler, which made most copies of Kinetics: a process that downloads the whole video,
// then one of ffmpeg that reads it from its beginning; 24 jobs at once.
#include "e2e/workload.hpp"

namespace reelpipe::bench {

figures activitynet(const workload& w)
{
    constexpr std::size_t jobs = 24;
    const std::string script =
        R"(yt-dlp --ignore-config --no-cache-dir -q --no-warnings -f b -o "$5.mp4" "$3" || exit 1
ffmpeg -nostdin -i "$5.mp4" -ss "$1" -t "$2" -c:v libx264 -preset )" +
        w.preset + R"( -c:a copy -threads 1 -loglevel panic "$4" && rm "$5.mp4")";
    return measured_xargs(w, jobs, script, as_ffmpeg_encodes);
}

}  // namespace reelpipe::bench
