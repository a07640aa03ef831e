// bench_scaling: what grows with the list, and what must not. A run over a list whose clips are all settled: reading
// the list, asking the ledger, looking whether each file is still the one that was stored, writing the report. Checked
// before a time counts: the run says that it found every row as it was, which it can only do without a request, since
// nobody answers at its source.
#include <fmt/format.h>

#include <filesystem>

#include "runner/contest.hpp"
#include "runner/program.hpp"
#include "scaling/finished_folder.hpp"

namespace {

using namespace reelpipe::bench;

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

scenario make(scale how_much)
{
    std::vector<std::size_t> lengths{1'000};
    if (how_much != scale::smoke) lengths = {1'000, 50'000, 550'000};
    contest again{
        .name = "run again", .work = "a run over a list whose clips are all stored or dead", .contenders = {}};
    contest planning{.name = "plan", .work = "reelpipe plan: reads, sorts and counts a list", .contenders = {}};
    for (const std::size_t rows : lengths) {
        const finished_folder folder = make_finished_folder(
            std::filesystem::temp_directory_path() / "reelpipe_bench_scaling" / std::to_string(rows), rows);
        again.contenders.push_back(
            {.name = fmt::format("{} rows", rows), .take_turn = [folder] { return run_again(folder); }});
        planning.contenders.push_back(
            {.name = fmt::format("{} rows", rows), .take_turn = [folder] { return plan(folder); }});
    }
    const auto at_most = [](std::string contest, std::string figure, double bound) {
        return target{.contest = std::move(contest),
                      .contender = "550000 rows",
                      .figure = std::move(figure),
                      .which = target::kind::at_most,
                      .bound = bound};
    };
    return {.name = "scaling",
            .columns = {{.figure = "wall_s", .heading = "wall s", .decimals = 2},
                        {.figure = "cpu_s", .heading = "CPU s", .decimals = 2},
                        {.figure = "peak_mb", .heading = "peak MB", .decimals = 1}},
            .contests = {std::move(again), std::move(planning)},
            .targets = {at_most("run again", "wall_s", 3), at_most("plan", "wall_s", 1)}};
}

}  // namespace

int main(int argc, char** argv) { return run_bench(argc, argv, "What grows with the length of the list.", make); }
