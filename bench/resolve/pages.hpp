#ifndef REELPIPE_BENCH_RESOLVE_PAGES_HPP
#define REELPIPE_BENCH_RESOLVE_PAGES_HPP

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "runner/contest.hpp"
#include "support/nginx.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::bench {

// Pages of videos on an nginx, whose time is nobody's here.
struct pages {
    explicit pages(int videos)
        : server(folder.path(), {.in_location = "if ($arg_v) { rewrite ^ /$arg_v.html? break; }"})
    {
        for (int i = 0; i < videos; ++i)
            test::write_file(folder / (video(i) + ".html"),
                             "<html><head><title>A video</title></head><body><video><source src=\"/" + video(i) +
                                 ".mp4\" type=\"video/mp4\"></video></body></html>");
    }

    static std::string video(int number) { return fmt::format("video{:06}", number); }
    std::string url_base() const { return server.url("watch?v="); }
    std::string media_of(int number) const { return server.url(video(number) + ".mp4"); }

    test::temp_folder folder{};
    test::nginx server;
};

// Resolve so many videos, one after the other. Figures: cpu_ms and wall_ms, of a video.
figures resolve_with_worker(const pages&, int videos);
figures resolve_with_program(const pages&, int videos);

}  // namespace reelpipe::bench

#endif
