// The way of video2dataset: the whole video is downloaded, kept in memory, and the clip cut out of it; a worker a core.
#include "e2e/workload.hpp"

namespace reelpipe::bench {

figures video2dataset(const workload& w)
{
    const std::string script =
        R"(file=/dev/shm/reelpipe_bench_$(basename "$5").mp4
yt-dlp --ignore-config --no-cache-dir -q --no-warnings -f b -o "$file" "$3" || exit 1
ffmpeg -nostdin -v error -ss "$1" -t "$2" -i "$file" -t "$2" -c:v libx264 -preset )" +
        w.preset + R"( -threads 1 -c:a copy "$4" && rm "$file")";
    return measured_xargs(w, cores(), script, as_ffmpeg_encodes);
}

}  // namespace reelpipe::bench
