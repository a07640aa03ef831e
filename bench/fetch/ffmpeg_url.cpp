// A process of the ffmpeg program a clip, which reads the URL itself: `ffmpeg -ss START -t LENGTH -i URL -c copy`.
#include "fetch/workload.hpp"

namespace reelpipe::bench {

figures ffmpeg_url(const workload& w)
{
    std::vector<std::string> urls;
    for (const std::string& each : w.source.files) urls.push_back(w.server->url(each));
    return measured(w, w.source.type, [&] {
        run_for_each_clip(w,
                          [&](std::size_t i) { return ffmpeg_copy(urls, for_ffmpeg(w, i), w.clip(i, w.source.type)); });
    });
}

}  // namespace reelpipe::bench
