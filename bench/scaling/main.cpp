// bench_scaling: what grows with the work, and what must not.
//
// list: a run over a list whose clips are all settled: reading the list, asking the ledger, looking whether each file
// is still the one that was stored, writing the report; and a plan of the list alone, without a ledger. Checked before
// a time counts: the run says that it found every row as it was, which it can only do without a request, since nobody
// answers at its source; the plan counts all rows. batch: a plan of the list for many machines, and status and merge
// when each shard has its manifest. jobs and connections: how many clips a second there are of more of them; encoded
// from a server on loopback, and copied from one that is 100 ms away and gives a connection 1 MB/s. length: clips out
// of videos of a minute to three hours. Checked there: all clips are there and show the video's frames in number.
#include <fmt/format.h>

#include <filesystem>

#include "runner/contest.hpp"
#include "runner/program.hpp"
#include "scaling/finished_folder.hpp"
#include "scaling/finished_root.hpp"
#include "scaling/video_length.hpp"
#include "support/process.hpp"

namespace {

using namespace reelpipe::bench;
using namespace std::chrono_literals;

figures figures_of(const program_usage& used)
{
    return {{"wall_s", used.wall_s}, {"cpu_s", used.cpu_s}, {"peak_mb", used.peak_mb}};
}

figures run_again(const finished_folder& folder)
{
    constexpr int some_failed = 1;
    return figures_of(run_program({REELPIPE_BINARY, "download", folder.list, "-o", folder.clips, "--source",
                                   "http://127.0.0.1:9/{id}.mp4", "--progress", "none", "--log-level", "error"},
                                  some_failed));
}

figures plan(const finished_folder& folder) { return figures_of(run_program({REELPIPE_BINARY, "plan", folder.list})); }

std::vector<contest> lists(scale how_much)
{
    std::vector<std::size_t> lengths{1'000};
    if (how_much == scale::quick) lengths = {1'000, 550'000};
    if (how_much == scale::full) lengths = {1'000, 50'000, 550'000};
    contest again{
        .name = "run again", .work = "a run over a list whose clips are all stored or dead", .contenders = {}};
    contest planning{.name = "plan", .work = "reelpipe plan: reads, sorts and counts a list", .contenders = {}};
    for (const std::size_t rows : lengths) {
        const finished_folder folder = make_finished_folder(
            std::filesystem::temp_directory_path() / "reelpipe_bench_scaling" / std::to_string(rows), rows);
        const std::string counts = reelpipe::test::output_of({REELPIPE_BINARY, "plan", folder.list});
        if (!counts.starts_with(fmt::format("rows\t{}\n", rows)))
            throw wrong_result("plan counts other rows: " + counts);
        again.contenders.push_back(
            {.name = fmt::format("{} rows", rows), .take_turn = [folder] { return run_again(folder); }});
        planning.contenders.push_back(
            {.name = fmt::format("{} rows", rows), .take_turn = [folder] { return plan(folder); }});
    }
    return {std::move(again), std::move(planning)};
}

// A plan for many machines, and what is read of it when all of its shards are finished.
contest batch(scale how_much)
{
    const std::size_t rows = how_much == scale::smoke ? 1'000 : 550'000;
    const auto folder = std::filesystem::temp_directory_path() / "reelpipe_bench_scaling" / std::to_string(rows);
    const auto list = make_finished_folder(folder, rows).list, planned = folder / "planned", root = folder / "root";
    plan_batch(list, root);
    write_manifests(root);
    const auto turn = [root](const char* command, int status) {
        return [=] { return figures_of(run_program({REELPIPE_BINARY, "batch", command, root}, status)); };
    };
    const auto plan_again = [list, planned] {
        std::filesystem::remove_all(planned);
        return figures_of(run_program({REELPIPE_BINARY, "batch", "plan", list, "-o", planned}));
    };
    constexpr int all_done = 0, some_failed = 1;
    return {.name = "batch",
            .work = fmt::format("the commands of `reelpipe batch` over {} rows", rows),
            .contenders = {{.name = "plan", .take_turn = plan_again},
                           {.name = "status", .take_turn = turn("status", all_done)},
                           {.name = "merge", .take_turn = turn("merge", some_failed)}}};
}

contest jobs(scale how_much)
{
    size_of_work size{.videos = how_much == scale::full ? 12u : 4u};
    if (how_much == scale::smoke) size = {.videos = 2, .length = 2s, .frame = "160x90", .preset = "ultrafast"};
    const workload w = served(prepare(size), {.name = "near"}, false);
    contest all{.name = "jobs", .work = fmt::format("{} rows, H.264 out", w.rows.size()), .contenders = {}};
    for (std::size_t count = 1; count <= cores(); count *= 2)
        all.contenders.push_back({.name = fmt::format("--jobs {}", count), .take_turn = [w, count] {
                                      return reelpipe_program(w, "encode", {"--jobs", std::to_string(count)});
                                  }});
    return all;
}

// Few connections get few clips, or they would take their time.
contest connections(scale how_much)
{
    const network far{.name = "far", .to_first_byte = 100ms, .bytes_a_second = 1'000'000};
    contest all{.name = "connections",
                .work = "clips whose packets are copied, 100 ms to the first byte, 1 MB/s a connection",
                .contenders = {}};
    for (const std::size_t count : {1u, 4u, 16u, 64u, 256u}) {
        if (how_much == scale::smoke && count > 1) break;
        if (how_much == scale::quick && (count == 4 || count == 64)) continue;
        size_of_work size{.videos = 9, .names = 1 + count / 4};
        if (how_much == scale::smoke) size = {.videos = 2, .length = 2s, .frame = "160x90"};
        const workload w = served(prepare(size), far, false);
        all.contenders.push_back({.name = fmt::format("--connections {}", count), .take_turn = [w, count] {
                                      return reelpipe_program(w, "lossless", {"--connections", std::to_string(count)});
                                  }});
    }
    return all;
}

contest video_length(scale how_much)
{
    contest all{.name = "length", .work = "8 clips out of the middle of videos, packets copied", .contenders = {}};
    for (const std::chrono::minutes length : {1min, 10min, 60min, 180min}) {
        if (how_much == scale::smoke && length > 1min) break;
        const workload w = videos_of(length, 8);
        all.contenders.push_back({.name = fmt::format("{} min", length.count()),
                                  .take_turn = [w] { return reelpipe_program(w, "lossless"); }});
    }
    return all;
}

target at_most(std::string contest, std::string contender, std::string figure, double bound)
{
    return {.contest = std::move(contest),
            .contender = std::move(contender),
            .figure = std::move(figure),
            .which = target::kind::at_most,
            .bound = bound};
}

scenario make(scale how_much)
{
    scenario all{.name = "scaling",
                 .columns = {{.figure = "clips_per_s", .heading = "clips/s", .decimals = 2},
                             {.figure = "wall_s", .heading = "wall s", .decimals = 2},
                             {.figure = "cpu_s", .heading = "CPU s", .decimals = 3},
                             {.figure = "peak_mb", .heading = "MB, largest process", .decimals = 1}},
                 .contests = lists(how_much),
                 .targets = {at_most("run again", "550000 rows", "wall_s", 3),
                             at_most("plan", "550000 rows", "wall_s", 1), at_most("batch", "plan", "wall_s", 3),
                             at_most("batch", "status", "wall_s", 1), at_most("batch", "merge", "wall_s", 10),
                             at_most("connections", "--connections 256", "peak_mb", 100)},
                 .rounds = how_much == scale::full ? 5 : 1};
    all.contests.push_back(batch(how_much));
    all.contests.push_back(jobs(how_much));
    all.contests.push_back(connections(how_much));
    all.contests.push_back(video_length(how_much));
    return all;
}

}  // namespace

int main(int argc, char** argv) { return run_bench(argc, argv, "What grows with the work, and what must not.", make); }
