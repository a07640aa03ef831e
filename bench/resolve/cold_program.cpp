// The contender "program": a process of yt-dlp for each video, with the extractors restricted as the worker's are,
// which is the cheaper way to call it.
#include <sys/resource.h>

#include <chrono>

#include "resolve/pages.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace {

double cpu_s_of_children()
{
    rusage used{};
    getrusage(RUSAGE_CHILDREN, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

figures resolve_with_program(const pages& site, int videos)
{
    const double before = cpu_s_of_children();
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < videos; ++i) {
        const test::finished end =
            test::run({"yt-dlp", "--ignore-config", "--no-cache-dir", "--proxy", "", "--use-extractors",
                       "youtube,html5,generic", "--format", "b", "-J", site.url_base() + pages::video(i)});
        if (end.status != 0 || end.out.find(site.media_of(i)) == std::string::npos)
            throw wrong_result("yt-dlp found something else: " + end.err);
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    return {{"cpu_ms", (cpu_s_of_children() - before) * 1e3 / videos}, {"wall_ms", took.count() / videos}};
}

}  // namespace reelpipe::bench
