// reelpipe, as it comes: `reelpipe download LIST -o DIR`. What it did when is in the trace beside the list afterwards.
#include <algorithm>

#include "e2e/workload.hpp"

namespace reelpipe::bench {

figures reelpipe_program(const workload& w, const std::string& cut, const std::vector<std::string>& options)
{
    const bool any_dead = std::ranges::any_of(w.rows, [](const row& r) { return r.frames == 0; });
    std::vector<std::string> words{
        REELPIPE_BINARY, "download",    w.list(), "-o",      w.output(),           "--cut", cut, "--progress",
        "none",          "--log-level", "error",  "--trace", w.home / "trace.json"};
    if (cut != "lossless") words.insert(words.end(), {"--preset", w.preset});
    words.emplace_back("--source");
    if (w.with_site)
        words.insert(words.end(), {"youtube", "--url-base", w.server->url("pages/")});
    else
        words.push_back(w.server->url("media/{id}.mp4"));
    words.insert(words.end(), options.begin(), options.end());
    return measured(w, words, any_dead ? 1 : 0, exact);
}

}  // namespace reelpipe::bench
