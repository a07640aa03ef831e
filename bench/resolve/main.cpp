// bench_resolve: what it costs to find the media of a video, on pages of an nginx on loopback: a warm worker, with the
// process that asks it, against `yt-dlp -J` for each video. Checked before a time counts: each found the file that the
// page names.
//
//     build/release/bin/bench_resolve --scale full
// The pages are small. What YouTube adds is parsing its replies, the same for both; the difference is the start of
// Python and reading yt-dlp.
#include <memory>

#include "resolve/pages.hpp"
#include "runner/contest.hpp"

namespace {

using namespace reelpipe::bench;

scenario make(scale how_much)
{
    const int warm = how_much == scale::full ? 1000 : how_much == scale::quick ? 300 : 10;
    const int cold = how_much == scale::full ? 20 : how_much == scale::quick ? 5 : 1;
    const auto site = std::make_shared<const pages>(warm);
    contest page{.name = "page", .work = "finds the file that a page with one video names", .contenders = {}};
    page.contenders.push_back(
        {.name = "worker", .take_turn = [site, warm] { return resolve_with_worker(*site, warm); }});
    page.contenders.push_back(
        {.name = "yt-dlp -J", .take_turn = [site, cold] { return resolve_with_program(*site, cold); }});
    return {.name = "resolve",
            .columns = {{.figure = "cpu_ms", .heading = "CPU ms", .decimals = 2},
                        {.figure = "wall_ms", .heading = "wall ms", .decimals = 2}},
            .contests = {std::move(page)},
            .targets = {{.contest = "page",
                         .contender = "worker",
                         .figure = "cpu_ms",
                         .which = target::kind::at_most,
                         .bound = 5}},
            .rounds = how_much == scale::quick ? 3 : 0};
}

}  // namespace

int main(int argc, char** argv) { return run_bench(argc, argv, "What it costs to find the media of a video.", make); }
