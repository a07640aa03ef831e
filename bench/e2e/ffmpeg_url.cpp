// A process of ffmpeg a clip, one a core, which reads the URL itself. Of a page yt-dlp has to say what the URL is.
#include "e2e/workload.hpp"

namespace reelpipe::bench {

figures ffmpeg_url(const workload& w, bool copies)
{
    std::string script;
    if (w.with_site)
        script = R"(url=$(yt-dlp --ignore-config --no-cache-dir --no-warnings -f b -g "$3") || exit 1)";
    else
        script = R"(url=$3)";
    script += R"(
ffmpeg -nostdin -v error -ss "$1" -t "$2" -i "$url" -t "$2" )";
    script += copies ? "-c copy" : "-c:v libx264 -preset " + w.preset + " -threads 1 -c:a copy";
    script += R"( "$4")";
    return measured_xargs(w, cores(), script, copies ? as_ffmpeg_copies : as_ffmpeg_encodes);
}

}  // namespace reelpipe::bench
