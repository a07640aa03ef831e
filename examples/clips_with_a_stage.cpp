// clips_with_a_stage VIDEOS OUTPUT LIST...: the clip pipeline inside another program's pipeline. For each annotation
// list a whole download runs as one stage; its clips go on to a stage of this program's own, which measures them.
#include <reelpipe/download.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct measured {
    fs::path clip;
    std::uint64_t bytes;
    std::uint64_t zeros;
};

// One list in, its clips out. The lists have folders of their own, because a run has its folder for itself.
asio::awaitable<void> download(fs::path videos, fs::path output, fs::path list, reelpipe::out<fs::path> next)
{
    reelpipe::download_options options;
    options.wanted.lists = {list.string()};
    options.output.folder = output / list.stem();
    options.source.name = videos.string();
    options.cut.preset = "ultrafast";
    options.events.on_message = [](reelpipe::severity, const std::string& line) { std::cerr << line << '\n'; };
    const fs::path folder = options.output.folder;
    reelpipe::downloader run(std::move(options));
    const reelpipe::download_summary s = co_await run.run();
    std::cerr << list.string() << ": " << s.totals.stored << " of " << s.totals.clips << " clips made, " << s.pending
              << " pending " << s.stop_message << '\n';

    for (fs::recursive_directory_iterator entry(folder), end; entry != end; ++entry) {
        if (entry->path().filename() == ".reelpipe") entry.disable_recursion_pending();  // the run's own
        fs::path file = entry->path();
        if (file.extension() == ".mp4") co_await next.send(std::move(file));
    }
}

// The stage of this program: whatever it wants to know of a clip, on the pool.
measured measure(fs::path clip)
{
    std::ifstream in(clip, std::ios::binary);
    measured m{std::move(clip), 0, 0};
    for (char c = 0; in.get(c); ++m.bytes)
        if (c == 0) ++m.zeros;
    return m;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 4) {
        std::cerr << "usage: clips_with_a_stage VIDEOS OUTPUT LIST...\n";
        return 2;
    }
    const fs::path videos = argv[1], output = argv[2];
    std::vector<fs::path> lists(argv + 3, argv + argc);
    asio::io_context io{1};
    asio::thread_pool pool;

    const auto clips_of = [&](fs::path list, reelpipe::out<fs::path> next) {
        return download(videos, output, std::move(list), next);
    };
    const auto print = [](const measured& m) {
        std::cout << m.clip.filename().string() << ' ' << m.bytes << " bytes, of them zero " << m.zeros << '\n';
    };
    // A list that cannot be read, or a folder in use, costs that list only.
    const auto say_and_go_on = [](const reelpipe::failure& f) {
        std::cerr << f.stage << ": " << f.what << '\n';
        return reelpipe::verdict::drop();
    };
    reelpipe::runner batch{reelpipe::source("lists", std::move(lists)) |
                               reelpipe::io("download", clips_of, {.workers = 2}) |
                               reelpipe::cpu("measure", measure, {.workers = 2}) | reelpipe::sink("print", print),
                           {.cpu = pool.get_executor(), .on_failure = say_and_go_on}};
    const reelpipe::report r = batch.run(io);
    if (const auto* slowest = reelpipe::bottleneck(r.stages)) std::cerr << "bottleneck: " << slowest->name << '\n';
    return r.failed == 0 ? 0 : 1;
}
