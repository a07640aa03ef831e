// All of the video, then a clip of it: `curl` a file, `ffmpeg -ss START -t LENGTH -i FILE -c copy`. Of a playlist, what
// ffmpeg fetches of it when it is told to copy everything.
#include "fetch/workload.hpp"

namespace reelpipe::bench {

namespace {

std::vector<std::string> download(const workload& w, const std::string& file, const std::filesystem::path& to)
{
    if (file.ends_with(".m3u8"))
        return {"ffmpeg", "-nostdin", "-v", "error", "-y", "-i", w.server->url(file), "-c", "copy", to};
    return {"curl", "-sSf", "-o", to, w.server->url(file)};
}

}  // namespace

figures whole_file(const workload& w)
{
    const auto whole = [&](std::size_t clip, std::size_t file) {
        return w.clip(clip, "_" + std::to_string(file) + w.source.type);
    };
    return measured(w, w.source.type, [&] {
        for (std::size_t file = 0; file < w.source.files.size(); ++file)
            run_for_each_clip(w, [&](std::size_t i) { return download(w, w.source.files[file], whole(i, file)); });
        run_for_each_clip(w, [&](std::size_t i) {
            std::vector<std::string> inputs;
            for (std::size_t file = 0; file < w.source.files.size(); ++file) inputs.push_back(whole(i, file));
            return ffmpeg_copy(inputs, for_ffmpeg(w, i), w.clip(i, w.source.type));
        });
    });
}

}  // namespace reelpipe::bench
