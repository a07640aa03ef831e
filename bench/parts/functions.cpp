// bench_functions: functions that every row or every request goes through, by Google Benchmark, which calls them until
// a figure stands still. Each against the plainest code for the same, where there is one.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "media/range_set.hpp"
#include "stages/annotations/list_reader.hpp"
#include "stages/fetch/content_range.hpp"
#include "stages/fetch/playlist.hpp"
#include "stages/store/clip_name.hpp"

namespace {

namespace fs = std::filesystem;
using namespace reelpipe;

constexpr int rows = 20'000;
bool any_wrong = false;

void wrong(benchmark::State& state, const char* what)
{
    any_wrong = true;
    state.SkipWithError(what);
}

// Goes with the process.
struct list_file {
    list_file()
    {
        std::ofstream out(path);
        out << "label,youtube_id,time_start,time_end,split\n";
        for (int i = 0; i < rows; ++i)
            out << fmt::format("label number {},video{:06},{},{},train\n", i % 700, i, i % 300, i % 300 + 10);
    }
    ~list_file() { fs::remove(path); }
    fs::path path = fs::temp_directory_path() / fmt::format("reelpipe_bench_list_{}.csv", getpid());
};

const fs::path& list()
{
    static const list_file made;
    return made.path;
}

void read_list(benchmark::State& state)
{
    for (auto turn : state) {
        annotations::list_reader reader(list().string());
        int clips = 0;
        while (const auto row = reader.next()) clips += std::holds_alternative<clip_request>(row->content);
        if (clips != rows) wrong(state, "rows are missing");
    }
    state.SetItemsProcessed(state.iterations() * rows);
}

// Knows nothing of quotes, blanks and bad rows.
void split_lines(benchmark::State& state)
{
    for (auto turn : state) {
        std::ifstream in(list());
        std::string line;
        std::getline(in, line);
        int clips = 0;
        while (std::getline(in, line)) {
            std::istringstream fields(line);
            clip_request clip;
            std::string start, end;
            std::getline(fields, clip.label, ',');
            std::getline(fields, clip.video, ',');
            std::getline(fields, start, ',');
            std::getline(fields, end, ',');
            std::getline(fields, clip.split, ',');
            clip.wanted = {std::chrono::seconds(std::stoi(start)), std::chrono::seconds(std::stoi(end))};
            benchmark::DoNotOptimize(clip);
            ++clips;
        }
        if (clips != rows) wrong(state, "rows are missing");
    }
    state.SetItemsProcessed(state.iterations() * rows);
}

void name_clip(benchmark::State& state)
{
    using std::chrono::seconds;
    const store::trim_format trim("%06d");
    const clip_request clip{
        .video = "0347ZoDXyP0", .wanted = {seconds(95), seconds(105)}, .label = "abseiling", .split = "train"};
    if (store::clip_name(clip, trim) != "abseiling/0347ZoDXyP0_000095_000105.mp4") wrong(state, "another name");
    for (auto turn : state) benchmark::DoNotOptimize(store::clip_name(clip, trim));
    state.SetItemsProcessed(state.iterations());
}

void name_clip_with_format(benchmark::State& state)
{
    const std::string label = "abseiling", video = "0347ZoDXyP0";
    for (auto turn : state) benchmark::DoNotOptimize(fmt::format("{}/{}_{:06}_{:06}.mp4", label, video, 95, 105));
    state.SetItemsProcessed(state.iterations());
}

void content_range(benchmark::State& state)
{
    if (fetch::parse_content_range("bytes 400000-949999/11900000")->total != 11'900'000) wrong(state, "misread");
    for (auto turn : state) benchmark::DoNotOptimize(fetch::parse_content_range("bytes 400000-949999/11900000"));
    state.SetItemsProcessed(state.iterations());
}

void content_range_with_sscanf(benchmark::State& state)
{
    for (auto turn : state) {
        unsigned long long first = 0, last = 0, total = 0;
        benchmark::DoNotOptimize(
            std::sscanf("bytes 400000-949999/11900000", "bytes %llu-%llu/%llu", &first, &last, &total));
    }
    state.SetItemsProcessed(state.iterations());
}

// A video's pieces as they come in: 16 KiB each, of a hundred clips.
void hold_ranges(benchmark::State& state)
{
    constexpr std::uint64_t piece = 16 << 10, clips = 100, pieces = 40;
    for (auto turn : state) {
        media::range_set held;
        for (std::uint64_t clip = 0; clip < clips; ++clip)
            for (std::uint64_t i = 0; i < pieces; ++i) {
                const std::uint64_t begin = clip * 1'000'000 + i * piece;
                held.add({begin, begin + piece});
            }
        if (held.ranges().size() != clips) wrong(state, "ranges that touch are not one");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(clips * pieces));
}

// Reads the playlist of an hour, in segments of five seconds.
void read_playlist(benchmark::State& state)
{
    constexpr int segments = 720;
    std::string text = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n";
    for (int i = 0; i < segments; ++i) text += fmt::format("#EXTINF:5.000000,\nsegment{:05}.ts\n", i);
    text += "#EXT-X-ENDLIST\n";
    for (auto turn : state) {
        const auto list = fetch::parse_playlist(text, "https://mirror/v/list.m3u8");
        if (std::get<fetch::media_playlist>(list).segments.size() != segments) wrong(state, "segments are missing");
    }
    state.SetItemsProcessed(state.iterations() * segments);
}

BENCHMARK(read_list)->Name("list: list_reader")->Unit(benchmark::kMillisecond);
BENCHMARK(split_lines)->Name("list: getline")->Unit(benchmark::kMillisecond);
BENCHMARK(name_clip)->Name("name: clip_name");
BENCHMARK(name_clip_with_format)->Name("name: fmt::format");
BENCHMARK(content_range)->Name("header: parse_content_range");
BENCHMARK(content_range_with_sscanf)->Name("header: sscanf");
BENCHMARK(hold_ranges)->Name("ranges: range_set")->Unit(benchmark::kMicrosecond);
BENCHMARK(read_playlist)->Name("playlist: parse_playlist")->Unit(benchmark::kMicrosecond);

}  // namespace

// The options of the other benches, as Google Benchmark's.
int main(int argc, char** argv)
{
    CLI::App program{"Functions that every row or every request goes through."};
    std::string scale = "quick", json;
    program.add_option("--scale", scale, "how long each function is called")
        ->check(CLI::IsMember({"smoke", "quick", "full"}))
        ->capture_default_str();
    program.add_option("--json", json, "write everything that was measured to this file");
    CLI11_PARSE(program, argc, argv);
    std::vector<std::string> words{argv[0], scale == "smoke"   ? "--benchmark_min_time=0.001"
                                            : scale == "quick" ? "--benchmark_min_time=0.2"
                                                               : "--benchmark_min_time=2"};
    if (scale == "full") words.emplace_back("--benchmark_repetitions=5");
    if (!json.empty()) words.insert(words.end(), {"--benchmark_out=" + json, "--benchmark_out_format=json"});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    return benchmark::RunSpecifiedBenchmarks() > 0 && !any_wrong ? 0 : 1;
}
