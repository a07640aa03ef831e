// yt-dlp alone, a process a clip, one a core: it lets ffmpeg fetch and encode the section, with ffmpeg's defaults.
#include "e2e/workload.hpp"

namespace reelpipe::bench {

figures yt_dlp_sections(const workload& w)
{
    return measured_xargs(w, cores(),
                          R"sh(yt-dlp --ignore-config --no-cache-dir -q --no-warnings -f b \
    --download-sections "*$1-$(($1 + $2))" --force-keyframes-at-cuts -o "$4" "$3")sh",
                          as_ffmpeg_encodes);
}

}  // namespace reelpipe::bench
