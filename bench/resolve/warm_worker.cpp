// The contender "worker": one long-lived Python process with one yt_dlp for all videos. Its start is not in the
// figures: a run has it once, and cold_program.cpp shows what it is.
#include <sys/resource.h>
#include <time.h>

#include <asio.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "resolve/pages.hpp"
#include "runner/program.hpp"
#include "stages/resolve/yt_dlp.hpp"
#include "support/run_awaitable.hpp"

namespace reelpipe::bench {

namespace {

// Our child whose script is a worker's.
pid_t worker()
{
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) {
            std::ifstream words("/proc/" + std::to_string(child) + "/cmdline");
            const std::string line{std::istreambuf_iterator<char>(words), {}};
            if (line.find("/proc/self/fd/3") != std::string::npos) return child;
        }
    }
    throw wrong_result("there is no worker");
}

}  // namespace

figures resolve_with_worker(const pages& site, int videos)
{
    asio::io_context io{1};
    resolve::yt_dlp_options options;
    options.url_base = site.url_base();
    options.workers = 1;
    resolve::yt_dlp resolver(io.get_executor(), options);
    test::run_awaitable(io, resolver.resolve(pages::video(0)));

    clockid_t of_worker{};
    if (clock_getcpuclockid(worker(), &of_worker) != 0) throw wrong_result("the worker has no clock");
    const auto cpu_s = [&] { return cpu_s_of_process() + cpu_s_of(of_worker); };
    const double before = cpu_s();
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < videos; ++i) {
        const resolved_video found = test::run_awaitable(io, resolver.resolve(pages::video(i)));
        if (std::get<remote_file>(found.source.files.at(0)).url != site.media_of(i))
            throw wrong_result("the worker found something else");
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    return {{"cpu_ms", (cpu_s() - before) * 1e3 / videos}, {"wall_ms", took.count() / videos}};
}

}  // namespace reelpipe::bench
